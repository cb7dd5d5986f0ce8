import { sleep, systemEnvironment, within } from '../core/environment.js'
import { channel } from './postgres-statements.js'

const reconnectMs = 1000
/** Gateways forget connections that stand idle, and tell neither side: some do after four minutes. */
const pulseMs = 30_000
const answerMs = 5000

/** What is used of a connected client of `pg`. One that comes from a pool is released, another one ended. */
export interface PgListener {
  on(event: 'notification', listener: (message: { readonly payload?: string | undefined }) => void): unknown
  on(event: 'end' | 'error', listener: () => void): unknown
  query(text: string): Promise<unknown>
  release?(destroy: boolean): void
  end?(): Promise<void>
}

/** What is used of the `sql` of `postgres`, which keeps a connection for this and looks after it. */
export interface PostgresJsListener {
  listen(channel: string, onNotice: (payload: string) => void, onListening: () => void): PromiseLike<unknown>
}

/** Brings a connection to the server itself, which listens until it breaks or nobody watches any more. */
export type PostgresListener = (() => Promise<PgListener>) | PostgresJsListener

/** Who is told of what. */
export interface Notices {
  watch(name: string, onChange: () => void): () => void
}

/** Tells those who watch of what others write. However many they are, one connection listens. */
export function notices(listener: PostgresListener): Notices {
  const watchers = new Map<string, Set<() => void>>()
  const tell = (name: string): void => watchers.get(name)?.forEach((onChange) => onChange())
  // Nobody has told of what changed until here.
  const tellAll = (): void => [...watchers.keys()].forEach(tell)
  const listen = 'listen' in listener ? listenForGood(listener, tell, tellAll) : listenWhile(listener, tell, tellAll)
  let stop: (() => void) | undefined
  return {
    watch(name, onChange) {
      const own = (): void => onChange()
      const others = watchers.get(name) ?? new Set()
      watchers.set(name, others.add(own))
      stop ??= listen()
      return () => {
        others.delete(own)
        if (others.size === 0 && watchers.get(name) === others) watchers.delete(name)
        if (watchers.size > 0) return
        stop?.()
        stop = undefined
      }
    },
  }
}

/** Lets `postgres` listen, from the first time on. It cannot be told to stop once it has connected anew. */
function listenForGood(
  listener: PostgresJsListener,
  tell: (name: string) => void,
  tellAll: () => void,
): () => () => void {
  let isListening = false
  return () => {
    if (!isListening) listener.listen(channel, tell, tellAll).then(undefined, () => undefined)
    isListening = true
    return () => undefined
  }
}

/** Listens with one connection after the other, until it is told to stop. */
function listenWhile(
  connect: () => Promise<PgListener>,
  tell: (name: string) => void,
  tellAll: () => void,
): () => () => void {
  const listenOnce = async (over: Promise<void>): Promise<void> => {
    const client = await connect()
    let endPulse = (): void => undefined
    try {
      const broken = new Promise<void>((resolve) => {
        client.on('end', resolve)
        client.on('error', resolve)
      })
      client.on('notification', ({ payload = '' }) => tell(payload))
      await answered(client.query(`LISTEN ${channel}`))
      tellAll()
      const silent = new Promise<void>((resolve) => {
        endPulse = pulse(client, resolve)
      })
      await Promise.race([broken, over, silent])
    } finally {
      endPulse()
      if (client.release) client.release(true)
      // A connection that leads nowhere may never come to its end.
      else client.end?.().catch(() => undefined)
    }
  }
  return () => {
    let isOver = false
    let stop = (): void => undefined
    const over = new Promise<void>((resolve) => {
      stop = () => {
        isOver = true
        resolve()
      }
    })
    const keepListening = async (): Promise<void> => {
      while (!isOver) {
        await listenOnce(over).catch(() => undefined)
        if (!isOver) await sleep(systemEnvironment, reconnectMs)
      }
    }
    void keepListening()
    return stop
  }
}

/** Tries a connection from time to time, and calls `onSilence` when it leads nowhere any more. Returns what ends that. */
function pulse(client: PgListener, onSilence: () => void): () => void {
  let isOver = false
  let cancel = (): void => undefined
  const beatLater = (): void => {
    if (!isOver) cancel = systemEnvironment.setTimer(beat, pulseMs)
  }
  const beat = (): void => {
    answered(client.query('SELECT 1')).then(beatLater, onSilence)
  }
  beatLater()
  return () => {
    isOver = true
    cancel()
  }
}

function answered(query: Promise<unknown>): Promise<unknown> {
  return within(systemEnvironment, answerMs, query, () => new Error('the connection leads nowhere'))
}
