export { defineTimeline } from './timeline/element.js'
export type { TimelineElement, TimelineNetwork } from './timeline/element.js'
