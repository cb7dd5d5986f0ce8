import { afterAll, beforeAll, beforeEach } from 'vitest'
import { hasRedis, RedisServer, requireRedis } from './redis-server.js'

/** Runs a Redis for the tests around it. Where it is missing they are skipped, and in CI they fail. */
export function useRedis(): () => RedisServer {
  return useServer(() => RedisServer.start())
}

/** The same for tests that need more than one Redis. */
export function useServer<S extends { remove(): Promise<void> }>(start: () => Promise<S>): () => S {
  let server: S | undefined
  beforeAll(async () => {
    if (hasRedis()) server = await start()
  })
  afterAll(() => server?.remove())
  beforeEach(requireRedis)
  return () => server as S
}
