import { Journal, type Moment, type Tab } from './journal.js'

const key = 'evergrant-timeline'

interface Kept {
  readonly own: Tab
  readonly moments: readonly Moment[]
}

/** Finds what this tab knew before it was reloaded, or starts anew. Where a page has no storage, it always does. */
export function recall(): Journal {
  const kept = take()
  const journal = new Journal(kept?.own.id ?? crypto.getRandomValues(new Uint32Array(4)).join('-'))
  if (!kept) return journal
  for (const moment of kept.moments) journal.add(moment)
  journal.changeOwn({ ...kept.own, closedAt: undefined, cuts: kept.own.cuts.map(over) })
  return journal
}

/** Keeps it for after the next reload. */
export function remember({ own, moments }: Journal): void {
  try {
    sessionStorage.setItem(key, JSON.stringify({ own, moments } satisfies Kept))
  } catch {
    // It is a comfort only.
  }
}

/** Takes it away too: a copy of this tab gets a copy of its storage, and must not be taken for this one. */
function take(): Kept | undefined {
  try {
    const text = sessionStorage.getItem(key)
    sessionStorage.removeItem(key)
    return text === null ? undefined : (JSON.parse(text) as Kept)
  } catch {
    return undefined
  }
}

/** A network is whole again after a reload. */
function over({ from, to = Date.now() }: Tab['cuts'][number]): Tab['cuts'][number] {
  return { from, to }
}
