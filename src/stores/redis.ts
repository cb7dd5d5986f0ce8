import { decodeRecord, encodeRecord } from '../core/codec.js'
import { systemEnvironment } from '../core/environment.js'
import { EvergrantError } from '../core/errors.js'
import type { SessionRecord, UnreadableRecord } from '../core/record.js'
import type { SwapResult, TokenStore, Versioned } from '../core/store.js'
import { scriptRunner, type RedisClient } from './redis-client.js'
import { watchChannel, type RedisSubscriber } from './redis-notices.js'

const secondsOfThirtyDays = 30 * 24 * 60 * 60

/** How a {@link redisStore} differs from the usual one. */
export interface RedisStoreOptions {
  /** What all keys and channels begin with; `evergrant:` by default. In a cluster, a hash tag in it is heeded. */
  readonly prefix?: string | undefined
  /**
   * A connection that may subscribe, such as `client.duplicate()`: then holders learn at once what others have done. It
   * serves any number of sessions and stores.
   */
  readonly subscriber?: RedisSubscriber | undefined
  /**
   * How long it is remembered that a session was signed out or has ended, in whole seconds; 30 days by default. Content
   * that was set aside is kept as long.
   */
  readonly tombstoneTtlSeconds?: number | undefined
  /**
   * How long a session is kept after it was last written, in whole seconds; for ever by default. It must be longer than
   * a session may lie idle: what expires is lost.
   */
  readonly liveTtlSeconds?: number | undefined
}

/**
 * What a state of a session is recognised by: the digest of all that is stored. A name that is new with each write is
 * part of that, so no state is ever taken for an earlier one.
 */
interface RedisRevision {
  readonly digest: string
  readonly problem?: UnreadableRecord['problem'] | undefined
}

/** What the script answers: whether it wrote, the digest of what is there now, and the content if it did not write. */
interface Answer {
  readonly won: boolean
  readonly digest: string
  readonly found: string | undefined
}

/**
 * Compares and writes in one step; without arguments it only reads. It runs where writes are made, so that it never sees
 * what a replica still holds. A swap that a client has sent twice, since it lost the connection, wins once and
 * says so. Notices are a hint, so that a user who may not publish loses nothing else.
 */
const script = `
local expected, text, ttl, asideTtl, channel, writer = unpack(ARGV)
local found = redis.call('GET', KEYS[1])
local digest = found and redis.sha1hex(found) or ''
if found and found == text and text ~= '' then return { 'won', digest } end
if digest ~= expected then return { 'lost', digest, found } end
if KEYS[2] then redis.call('SET', KEYS[2], found, 'EX', asideTtl) end
if text == '' then redis.call('DEL', KEYS[1])
elseif ttl == '' then redis.call('SET', KEYS[1], text)
else redis.call('SET', KEYS[1], text, 'EX', ttl) end
redis.pcall('PUBLISH', channel, writer)
return { 'won', redis.sha1hex(text) }
`

/**
 * Keeps sessions in Redis, shared by everybody who uses the same database and prefix. A swap is one script on one key, so
 * clusters will do. What Redis itself loses (by eviction, a restart without persistence, a failover) is lost:
 * `docs/stores.md` tells how to set it up. Everybody who may read the database can read the tokens.
 *
 * @param client of `ioredis` or `redis` (node-redis 4 or later), for a server, a cluster or sentinels. It stays yours: connect
 *   it, listen to its errors and close it
 * @throws EvergrantError `misconfigured` when `client` is something else or an option makes no sense
 */
export function redisStore(client: RedisClient, options: RedisStoreOptions = {}): TokenStore {
  const { prefix = 'evergrant:', subscriber, tombstoneTtlSeconds = secondsOfThirtyDays, liveTtlSeconds } = options
  assertSeconds({ tombstoneTtlSeconds, ...(liveTtlSeconds !== undefined && { liveTtlSeconds }) })
  const run = scriptRunner(client, script)
  const ownName = systemEnvironment.uniqueId()
  // The braces let a cluster keep what is set aside beside the session. One within the key would end the part that counts.
  const nameOf = (key: string): string => `${prefix}{${key.replace(/[%}]/g, encodeURIComponent)}}`
  const ttlOf = (next: SessionRecord | undefined): string =>
    String((isTombstone(next) ? tombstoneTtlSeconds : liveTtlSeconds) ?? '')
  const read = async (key: string): Promise<Versioned | undefined> => {
    return versioned(answerOf(await run([nameOf(key)], [])))
  }
  return {
    durability: 'relaxed',
    read,
    async swap(key, expected, next): Promise<SwapResult> {
      const { digest = '', problem } = (expected ?? {}) as Partial<RedisRevision>
      if (problem === 'newer_format') return { won: false, current: await read(key) }
      const name = nameOf(key)
      const keys = problem === 'corrupt' ? [name, `${name}:corrupt`] : [name]
      const text = next ? `${systemEnvironment.uniqueId()}\n${encodeRecord(next)}` : ''
      const args = [digest, text, ttlOf(next), String(tombstoneTtlSeconds), name, ownName]
      const answer = answerOf(await run(keys, args))
      if (!answer.won) return { won: false, current: versioned(answer) }
      return { won: true, revision: next && ({ digest: answer.digest } satisfies RedisRevision) }
    },
    ...(subscriber && {
      watch: (key, onChange) => watchChannel(subscriber, nameOf(key), { onChange, ownName }),
    }),
  }
}

/** Everything else is a session, and so is what `encryptedStore` has sealed. */
function isTombstone(record: SessionRecord | undefined): boolean {
  return record?.state === 'ended' || record?.state === 'signed_out'
}

/** Some clients are set up to give buffers. */
function answerOf(reply: unknown): Answer {
  const parts: unknown[] = Array.isArray(reply) ? reply : []
  const [outcome, digest, found] = parts.map((part) => (part === null ? undefined : String(part)))
  if ((outcome === 'won' || outcome === 'lost') && digest !== undefined)
    return { won: outcome === 'won', digest, found }
  throw new EvergrantError('storage_failed', 'the client of Redis gives answers that ioredis and redis do not give')
}

function versioned({ digest, found }: Answer): Versioned | undefined {
  if (found === undefined) return undefined
  const record = decodeRecord(found.slice(found.indexOf('\n') + 1))
  const problem = record.state === 'unreadable' ? record.problem : undefined
  return { revision: { digest, problem } satisfies RedisRevision, record }
}

function assertSeconds(options: Readonly<Record<string, number>>): void {
  for (const [name, seconds] of Object.entries(options)) {
    if (Number.isSafeInteger(seconds) && seconds > 0) continue
    throw new EvergrantError('misconfigured', `redisStore(): ${name} must be a whole number of seconds, 1 or more`)
  }
}
