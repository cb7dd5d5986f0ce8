import { randomUUID } from 'node:crypto'
import { checkRecord, encodeRecord } from '../core/codec.js'
import type { SessionRecord, UnreadableRecord } from '../core/record.js'
import type { Versioned } from '../core/store.js'

const format = 1

/** What a session file holds, under a mark that tells it from the files of others. */
interface Content {
  readonly evergrant: typeof format
  readonly sessions: Readonly<Record<string, unknown>>
}

/** A session in a file. The stamp is new with each write, so that no state of a session is ever taken for an earlier one. */
interface Entry {
  readonly stamp: string
  readonly record: unknown
}

/** The session that a file holds under `key`. The text of its entry is its revision; of a damaged file, all of it. */
export function findSession(text: string | undefined, key: string): Versioned | undefined {
  if (text === undefined) return undefined
  const content = parse(text)
  if ('state' in content) return { revision: text, record: content }
  if (!Object.hasOwn(content.sessions, key)) return undefined
  const entry = content.sessions[key]
  return { revision: JSON.stringify(entry), record: checkRecord((Object(entry) as Partial<Entry>).record) }
}

/** The text of a file in which `record` stands under `key`, and all else as before. A damaged file starts anew. */
export function withSession(text: string | undefined, key: string, record: SessionRecord | undefined): string {
  const found = text === undefined ? undefined : parse(text)
  const content: Content = found && 'sessions' in found ? found : { evergrant: format, sessions: {} }
  const others = Object.entries(content.sessions).filter(([name]) => name !== key)
  const own = record && ({ stamp: randomUUID(), record: JSON.parse(encodeRecord(record)) } satisfies Entry)
  const sessions = Object.fromEntries(own ? [...others, [key, own]] : others)
  return JSON.stringify({ ...content, sessions })
}

/** Of the last text: many look into one file. */
let last: { readonly text: string; readonly content: Content | UnreadableRecord } | undefined

function parse(text: string): Content | UnreadableRecord {
  if (last?.text !== text) last = { text, content: parseAnew(text) }
  return last.content
}

function parseAnew(text: string): Content | UnreadableRecord {
  try {
    // Some editors put a mark in front.
    const value = Object(JSON.parse(text.replace(/^\uFEFF/, ''))) as Partial<Content>
    const { evergrant, sessions } = value as { evergrant?: unknown; sessions?: unknown }
    if (typeof evergrant === 'number' && evergrant > format) return { state: 'unreadable', problem: 'newer_format' }
    const isMap = Object(sessions) === sessions && !Array.isArray(sessions)
    if (evergrant === format && isMap) return value as Content
  } catch {
    // The parser's message quotes the text, which may hold a token; it goes no further.
  }
  return { state: 'unreadable', problem: 'corrupt' }
}
