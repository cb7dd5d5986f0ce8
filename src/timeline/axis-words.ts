import type { Journal, Moment, Tab } from './journal.js'
import { duration } from './times.js'

/** Tabs differ by colour too, five of them. */
export function hue({ number }: Tab): number {
  return (Math.max(number, 1) - 1) % 5
}

/** What a tab is called. */
export function nameOf({ number }: Tab): string {
  return number > 0 ? `Tab ${number}` : 'Tab'
}

/** What there is to say of a tab in a word. */
export function stateOf({ closedAt, cuts }: Tab, isOwn: boolean, isSilent: boolean): string {
  if (closedAt !== undefined) return 'closed'
  if (isSilent) return 'silent'
  const lastCut = cuts.at(-1)
  if (lastCut && lastCut.to === undefined) return 'cut off'
  return isOwn ? 'this tab' : ''
}

/** What the axis shows, for those who do not see it. */
export function describeAxis(
  { moments, ownId }: Journal,
  lanes: readonly Tab[],
  states: readonly string[],
  spanMs: number,
): string {
  const since = Date.now() - spanMs
  const renewals = moments.filter(({ kind, at }) => kind === 'renewed' && at > since)
  const shares = lanes.map((tab, index) => {
    const words = new Set([nameOf(tab), tab.id === ownId ? 'this tab' : '', states[index] ?? ''])
    words.delete('')
    return `${[...words].join(', ')}: ${count(renewals.filter(({ tabId }) => tabId === tab.id))}`
  })
  return `Renewals in the last ${duration(spanMs)}: ${count(renewals)}. ${shares.join('. ')}.`
}

function count(moments: readonly Moment[]): string {
  return moments.length === 0 ? 'none' : String(moments.length)
}
