import { defineTimeline, type TimelineElement } from 'evergrant/timeline'
import { createElement, type ReactNode } from 'react'
import { network, tokens } from '../common/session.js'

defineTimeline()

/**
 * Only while developing: shows what the session does. By a `ref`, since React passes no objects to custom elements while it
 * hydrates what a server has rendered.
 */
export function Timeline(): ReactNode {
  return createElement('evergrant-timeline', { ref: equip })
}

function equip(timeline: TimelineElement | null): void {
  if (timeline) Object.assign(timeline, { tokens, network })
}
