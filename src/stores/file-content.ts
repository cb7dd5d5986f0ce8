import { checkRecord, encodeRecord } from '../core/codec.js'
import type { SessionRecord, StoredRecord } from '../core/record.js'
import type { Versioned } from '../core/store.js'

const format = 1

/** What a session file holds, under a mark that tells it from the files of others. */
interface Content {
  readonly evergrant: typeof format
  readonly sessions: Readonly<Record<string, unknown>>
}

/** The session that a file holds under `key`. Its text is its revision; of a damaged file, all of it. */
export function findSession(text: string | undefined, key: string): Versioned | undefined {
  if (text === undefined) return undefined
  const content = parse(text)
  if ('state' in content) return { revision: text, record: content }
  if (!Object.hasOwn(content.sessions, key)) return undefined
  const session = content.sessions[key]
  return { revision: JSON.stringify(session), record: checkRecord(session) }
}

/** The text of a file in which `record` stands under `key`, and all else as before. A damaged file starts anew. */
export function withSession(text: string | undefined, key: string, record: SessionRecord | undefined): string {
  const content = text === undefined ? undefined : parse(text)
  const others =
    content && 'sessions' in content ? Object.entries(content.sessions).filter(([name]) => name !== key) : []
  const own: [string, unknown][] = record ? [[key, JSON.parse(encodeRecord(record))]] : []
  const next: Content = { evergrant: format, sessions: Object.fromEntries([...others, ...own]) }
  return JSON.stringify(next)
}

function parse(text: string): Content | Extract<StoredRecord, { state: 'unreadable' }> {
  try {
    const { evergrant, sessions } = Object(JSON.parse(text)) as { evergrant?: unknown; sessions?: unknown }
    if (typeof evergrant === 'number' && evergrant > format) return { state: 'unreadable', problem: 'newer_format' }
    if (evergrant === format && Object(sessions) === sessions)
      return { evergrant, sessions: sessions as Content['sessions'] }
  } catch {
    // The parser's message quotes the text, which may hold a token; it goes no further.
  }
  return { state: 'unreadable', problem: 'corrupt' }
}
