import type { AxisState } from './axis.js'
import { hue } from './axis-words.js'
import type { Moment, Tab } from './journal.js'
import { earlyShare } from './times.js'

/** Something to draw on a track. */
export interface Item {
  readonly kind: 'lane' | 'segment' | 'gap' | 'line' | 'dot' | 'fresh dot' | 'cut' | 'coming' | 'margin' | 'next'
  readonly row: number
  /** In percent of the track. */
  readonly left: number
  readonly width?: number | undefined
  readonly text?: string | undefined
  readonly title?: string | undefined
  readonly hue?: number | undefined
}

/** The length of the future, in spans of the past; the layout knows it too. */
export const futureShare = 0.25
/** How much of the span beyond now is drawn already, for what has no end yet. */
const aheadShare = 0.1
const freshMs = 1500

/** A scale from times to percent of a track. */
interface Scale {
  at(time: number): number
  between(from: number, to: number): { left: number; width: number }
}

/** Everything on the tracks of the past and of the future at the moment `base`. */
export function items(
  state: AxisState,
  lanes: readonly Tab[],
  base: number,
  span: number,
): Record<'past' | 'future', Item[]> {
  const past = scale(base - span, span)
  const end = base + span * aheadShare
  const moments = state.journal.moments
  const newest = moments.at(-1)
  const rowOf = (tabId: string | undefined): number => lanes.findIndex(({ id }) => id === tabId) + 1
  const hueOf = (moment: Moment): number | undefined => {
    const tab = state.journal.tab(moment.tabId)
    return tab && hue(tab)
  }
  const session = moments.flatMap((moment, index) =>
    stretch(moment, moments[index + 1]?.at ?? end, past, hueOf(moment)),
  )
  const renewals = moments
    .filter(({ kind, at }) => kind === 'renewed' && at > base - span)
    .flatMap((moment) =>
      mark(moment, past.at(moment.at), rowOf(moment.tabId), base - moment.at < freshMs, hueOf(moment)),
    )
  const visible = ({ left, width = 0 }: Item): boolean => left + width > 0
  return {
    past: [...lanes.flatMap((tab, index) => lane(tab, index + 1, past, end)), ...session, ...renewals].filter(visible),
    future: newest ? upcoming(state, newest, scale(base, span * futureShare), hueOf(newest)) : [],
  }
}

function scale(from: number, length: number): Scale {
  const at = (time: number): number => Math.round(((time - from) / length) * 1e5) / 1e3
  return { at, between: (from, to) => ({ left: at(from), width: at(to) - at(from) }) }
}

/** From one moment to the next: the time for which its access token is valid, and that for which none is. */
function stretch(moment: Moment, until: number, past: Scale, hue: number | undefined): Item[] {
  const { kind, at, expiresAt = Infinity, generation } = moment
  if (kind === 'over') return []
  const title = `Generation ${generation}, ${new Date(at).toLocaleTimeString()}`
  const valid = past.between(at, Math.min(until, expiresAt))
  const parts: Item[] = [
    { kind: 'segment', row: 0, ...valid, text: String(generation), title, hue },
    { kind: 'gap', row: 0, ...past.between(expiresAt, until), title: 'No valid access token' },
  ]
  return parts.filter(({ width = 0 }) => width > 0)
}

/** A renewal: a line through all lanes, since it is for all tabs, and a dot in the lane of the tab that made it. */
function mark(
  { generation, at }: Moment,
  left: number,
  row: number,
  isFresh: boolean,
  hue: number | undefined,
): Item[] {
  const title = `Renewed to generation ${generation}, ${new Date(at).toLocaleTimeString()}`
  const line: Item = { kind: 'line', row: 0, left, hue }
  return row === 0 ? [line] : [line, { kind: isFresh ? 'fresh dot' : 'dot', row, left, title, hue }]
}

function lane(tab: Tab, row: number, past: Scale, end: number): Item[] {
  const { openedAt, closedAt = end, cuts } = tab
  const cutItems = cuts.map(({ from, to = end }): Item => {
    return { kind: 'cut', row, ...past.between(from, to), title: 'Network cut' }
  })
  return [{ kind: 'lane', row, ...past.between(openedAt, closedAt), hue: hue(tab) }, ...cutItems]
}

/** What is to come of the newest token: when it is due, and how long it lives. */
function upcoming(state: AxisState, newest: Moment, future: Scale, hue: number | undefined): Item[] {
  const { expiresAt, kind, at } = newest
  if (expiresAt === undefined || kind === 'over') return []
  const lifetimeMs = state.lifetimeMs ?? expiresAt - at
  const due = expiresAt - lifetimeMs * earlyShare(lifetimeMs, state.renewEarlySeconds)
  return [
    { kind: 'coming', row: 0, ...future.between(at, expiresAt), hue },
    { kind: 'margin', row: 0, ...future.between(due, expiresAt), hue },
    { kind: 'next', row: 0, left: future.at(due), title: 'Renewal due', hue },
  ]
}
