import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { notices, type PgListener } from '../../src/stores/postgres-notices.js'

/** A connection of `pg`, and what happens to it. */
class Connection implements PgListener {
  readonly statements: string[] = []
  isClosed = false
  /** Behind a gateway that has forgotten it: nothing that is said arrives, and neither side hears of that. */
  isForgotten = false
  readonly #listeners: (() => void)[] = []

  on(event: string, listener: (message: never) => void): void {
    if (event !== 'notification') this.#listeners.push(listener as () => void)
  }

  query(text: string): Promise<unknown> {
    this.statements.push(text)
    return this.isForgotten ? new Promise(() => undefined) : Promise.resolve()
  }

  end(): Promise<void> {
    this.isClosed = true
    return this.isForgotten ? new Promise(() => undefined) : Promise.resolve()
  }

  breakDown(): void {
    this.#listeners.forEach((listener) => listener())
  }
}

let connections: Connection[]
let unreachable: number
let timesTold: number
let stop: () => void

const openOnes = (): Connection[] => connections.filter(({ isClosed }) => !isClosed)

beforeEach(async () => {
  vi.useFakeTimers()
  connections = []
  unreachable = 0
  timesTold = 0
  const { watch } = notices(() => {
    const connection = new Connection()
    connection.isForgotten = unreachable-- > 0
    connections.push(connection)
    return Promise.resolve(connection)
  })
  stop = watch('key', () => timesTold++)
  await vi.advanceTimersByTimeAsync(0)
  expect(timesTold).toBe(1)
})
afterEach(() => {
  stop()
  vi.useRealTimers()
})

describe('the connection that listens for notices of PostgreSQL', () => {
  test('is replaced when a gateway has forgotten it, and everybody looks', async () => {
    await vi.advanceTimersByTimeAsync(240_000)
    expect(connections).toHaveLength(1)
    for (const connection of connections) connection.isForgotten = true
    await vi.advanceTimersByTimeAsync(40_000)
    expect(connections).toHaveLength(2)
    expect(openOnes()).toEqual([connections[1]])
    expect(timesTold).toBe(2)
  })

  test('is replaced again when the next one leads nowhere either', async () => {
    unreachable = 2
    for (const connection of connections) connection.isForgotten = true
    await vi.advanceTimersByTimeAsync(60_000)
    expect(connections).toHaveLength(4)
    expect(openOnes()).toEqual([connections[3]])
    expect(timesTold).toBe(2)
  })

  test('stays while it is sound, and is tried every half minute', async () => {
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(connections).toHaveLength(1)
    expect(connections[0]?.statements.slice(1)).toEqual(Array(120).fill('SELECT 1'))
    expect(timesTold).toBe(1)
  })

  test('is left alone once nobody watches, and no timer is left behind', async () => {
    await vi.advanceTimersByTimeAsync(45_000)
    stop()
    await vi.advanceTimersByTimeAsync(0)
    expect(openOnes()).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
    await vi.advanceTimersByTimeAsync(120_000)
    expect(connections.map(({ statements }) => statements.length)).toEqual([2])
  })

  test('is not tried any more once it has broken', async () => {
    connections[0]?.breakDown()
    await vi.advanceTimersByTimeAsync(61_500)
    expect(connections.map(({ statements }) => statements.length)).toEqual([1, 3])
  })

  test('keeps no process alive by being tried', async () => {
    vi.useRealTimers()
    const setTimer = vi.spyOn(globalThis, 'setTimeout')
    const end = notices(() => Promise.resolve(new Connection())).watch('key', () => undefined)
    await new Promise((resolve) => setImmediate(resolve))
    const timers = setTimer.mock.results.map(({ value }) => value as NodeJS.Timeout)
    expect(timers.length).toBeGreaterThan(0)
    expect(timers.filter((timer) => timer.hasRef())).toEqual([])
    end()
    setTimer.mockRestore()
  })
})
