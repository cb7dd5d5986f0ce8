import { EvergrantError } from '../core/errors.js'

/** What the store needs of a client of `redis` (node-redis), version 4 or later; also of that of a cluster or a pool. */
export interface NodeRedisClient {
  eval(script: string, options: NodeRedisScriptOptions): Promise<unknown>
  /** Not called: no other library has it under this name. */
  readonly evalSha: unknown
}

/** How node-redis takes what a script works with. */
export interface NodeRedisScriptOptions {
  keys: string[]
  arguments: string[]
}

/** What the store needs of a client of `ioredis`; also of that of a cluster. */
export interface IoRedisClient {
  eval(script: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>
  /** Not called: node-redis does not have it under this name. */
  readonly evalsha: unknown
}

/** A client of `ioredis` or `redis` (node-redis). */
export type RedisClient = IoRedisClient | NodeRedisClient

/** Runs a script with keys and arguments. Whatever goes wrong is an {@link EvergrantError} that quotes none of them. */
export type RunScript = (keys: string[], args: string[]) => Promise<unknown>

/**
 * Prepares a script. It is sent in full each time, which is short: to send a digest would take another round trip
 * whenever the server has forgotten the script, and a way to make digests that all runtimes have.
 */
export function scriptRunner(client: RedisClient, script: string): RunScript {
  const send = sender(client, script)
  return async (keys, args) => {
    try {
      return await send(keys, args)
    } catch (error) {
      // Errors of clients hold the command, and the command holds tokens; so none of them goes any further.
      throw new EvergrantError('storage_failed', adviceOn(error))
    }
  }
}

/** How the two libraries differ. */
function sender(client: RedisClient, script: string): RunScript {
  if (isNodeRedis(client)) return async (keys, args) => client.eval(script, { keys, arguments: args })
  if (isObjectWith('evalsha', client)) return async (keys, args) => client.eval(script, keys.length, ...keys, ...args)
  throw new EvergrantError('misconfigured', 'redisStore() takes a client of ioredis, or of redis 4 or later')
}

/** Tells the clients of one library from those of the other. */
export function isNodeRedis(client: RedisClient): client is NodeRedisClient {
  return isObjectWith('evalSha', client)
}

function isObjectWith(member: string, value: unknown): boolean {
  return member in (Object(value) as object)
}

/** What to do about an error, by the word of the server in it. Up to Redis 6 that of a script stands further in. */
const advice: readonly (readonly [RegExp, string])[] = [
  [/\bOOM\b/, 'Redis is out of memory: raise maxmemory or free some'],
  [/\bREADONLY\b/, 'this Redis is a read-only replica: connect to the primary'],
  [/\bNOREPLICAS\b/, 'Redis takes no writes while it lacks replicas: see min-replicas-to-write'],
  [/\bMISCONF\b/, 'Redis takes no writes while it cannot save them: mend its disk'],
  [/\b(LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY)\b/, 'Redis cannot answer for now; it does so again by itself'],
  [/\b(NOAUTH|WRONGPASS|NOPERM)\b/, 'Redis refuses its client: see which permissions docs/stores.md asks for'],
  [/\bWRONGTYPE\b/, 'something else lies where Redis is to keep the session: use another prefix'],
  [/\b(MOVED|CROSSSLOT)\b/, 'this Redis belongs to a cluster: use the cluster client of the library'],
  [/subscriber mode|SUBSCRIBE/, 'the client is its own subscriber: give redisStore() a second connection for that'],
  [/\bERR\b/, 'Redis refuses the script of redisStore(): see what docs/stores.md asks for'],
]
const otherwise = 'Redis gave no answer: see whether it runs and can be reached'

function adviceOn(error: unknown): string {
  const message = String((Object(error) as { message?: unknown }).message)
  return advice.find(([word]) => word.test(message))?.[1] ?? otherwise
}
