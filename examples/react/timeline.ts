import { defineTimeline } from 'evergrant/timeline'
import { createElement, type ReactNode } from 'react'
import { network, tokens } from '../common/session.js'

defineTimeline()

/** Only while developing: shows what the session does. React passes objects to custom elements as properties. */
export function Timeline(): ReactNode {
  return createElement('evergrant-timeline', { tokens, network })
}
