import { isNodeRedis, type IoRedisClient, type NodeRedisClient } from './redis-client.js'

/** What the store calls on a connection of either library: `ready` comes after each connect, `message` with ioredis. */
export interface RedisConnection {
  on(event: string, listener: (...args: string[]) => void): unknown
  off(event: string, listener: (...args: string[]) => void): unknown
}

/** What the store calls on a connection of `redis` (node-redis) that subscribes. */
export interface NodeRedisSubscriber extends NodeRedisClient, RedisConnection {
  subscribe(channel: string, listener: (message: string, channel: string) => void): Promise<unknown>
  unsubscribe(channel: string, listener: unknown): Promise<unknown>
}

/** What the store calls on a connection of `ioredis` that subscribes. */
export interface IoRedisSubscriber extends IoRedisClient, RedisConnection {
  subscribe(channel: string): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
}

/** A connection of `ioredis` or `redis` (node-redis) that subscribes. */
export type RedisSubscriber = IoRedisSubscriber | NodeRedisSubscriber

/** Somebody who wants to know of changes. */
export interface Watcher {
  readonly onChange: () => void
  /** Names the store whose own changes are not news. */
  readonly ownName: string
}

/** Stores may share a connection, and a channel that one of them no longer needs may still serve another. */
const noticesOf = new WeakMap<RedisSubscriber, Notices>()

/**
 * Calls `watcher` when something is published on `channel`, and whenever that may have been missed: once the channel is
 * subscribed to, and after each reconnect. Returns a function that ends it.
 */
export function watchChannel(subscriber: RedisSubscriber, channel: string, watcher: Watcher): () => void {
  const notices = noticesOf.get(subscriber) ?? new Notices(subscriber)
  noticesOf.set(subscriber, notices)
  return notices.watch(channel, watcher)
}

/** What one connection is told, and who wants to know it. */
class Notices {
  readonly #watchers = new Map<string, Set<Watcher>>()

  constructor(private readonly subscriber: RedisSubscriber) {}

  watch(channel: string, watcher: Watcher): () => void {
    if (this.#watchers.size === 0) this.#listen()
    const watchers = this.#watchers.get(channel) ?? new Set()
    this.#watchers.set(channel, watchers.add(watcher))
    void this.#join(channel, [watcher])
    return () => {
      if (watchers.delete(watcher) && watchers.size === 0) this.#leave(channel)
    }
  }

  /** A subscription that stands already is just confirmed. While there is no connection it fails, but `ready` will come. */
  async #join(channel: string, watchers: readonly Watcher[]): Promise<void> {
    try {
      await this.#subscribe(channel)
    } catch {
      return
    }
    for (const watcher of watchers) if (this.#watchers.get(channel)?.has(watcher)) watcher.onChange()
  }

  #leave(channel: string): void {
    this.#watchers.delete(channel)
    if (this.#watchers.size === 0) this.#ignore()
    // Where it fails there is no connection, and nothing to leave.
    this.#unsubscribe(channel).catch(() => undefined)
  }

  readonly #onReady = (): void => {
    for (const [channel, watchers] of this.#watchers) void this.#join(channel, [...watchers])
  }

  /** What a store has written is news to its watchers only if there are several. */
  readonly #onMessage = (channel: string, writer: string): void => {
    const watchers = [...(this.#watchers.get(channel) ?? [])]
    for (const { ownName, onChange } of watchers) {
      const isOwn = ownName === writer && watchers.filter((other) => other.ownName === ownName).length === 1
      if (!isOwn) onChange()
    }
  }

  /** In the form in which node-redis calls it. */
  readonly #listener = (writer: string, channel: string): void => this.#onMessage(channel, writer)

  async #subscribe(channel: string): Promise<unknown> {
    const { subscriber } = this
    return isNodeRedis(subscriber) ? subscriber.subscribe(channel, this.#listener) : subscriber.subscribe(channel)
  }

  async #unsubscribe(channel: string): Promise<unknown> {
    const { subscriber } = this
    return isNodeRedis(subscriber) ? subscriber.unsubscribe(channel, this.#listener) : subscriber.unsubscribe(channel)
  }

  #listen(): void {
    this.subscriber.on('ready', this.#onReady)
    if (!isNodeRedis(this.subscriber)) this.subscriber.on('message', this.#onMessage)
  }

  #ignore(): void {
    this.subscriber.off('ready', this.#onReady)
    this.subscriber.off('message', this.#onMessage)
  }
}
