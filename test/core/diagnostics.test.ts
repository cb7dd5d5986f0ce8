import { channel, tracingChannel } from 'node:diagnostics_channel'
import { expect, test } from 'vitest'
import { createTokenManager, createTokenPool } from '../../src/node.js'
import { createAuthorizationServer } from '../../src/testing/authorization-server.js'
import { commonFaults } from '../../src/testing/faults.js'
import { failureOf } from './scripted-world.js'

test('every transition is told on a diagnostics channel, each renewal as a trace, and no token with them', async () => {
  const messages: Record<string, unknown>[] = []
  const traces: unknown[] = []
  const onEvent = (message: unknown): unknown => messages.push(message as Record<string, unknown>)
  const tracers = {
    asyncEnd: ({ record, error }: { record?: string; error?: unknown }) => traces.push([record, error]),
  }
  channel('evergrant:event').subscribe(onEvent)
  tracingChannel('evergrant:renewal').subscribe(tracers as never)
  try {
    const server = createAuthorizationServer()
    const fetch: typeof globalThis.fetch = (input, init) => server.handle(new Request(input, init))
    const options = { issuer: server.issuer, clientId: 'client', fetch }
    await using tokens = createTokenManager(options)
    await tokens.setTokens(await server.signIn())
    await using pool = createTokenPool(options)
    await pool.session('customer').setTokens(await server.signIn())
    await pool.session('customer').getAccessToken({ rejected: await pool.session('customer').getAccessToken() })
    server.failNext(commonFaults.unavailable(60))
    await failureOf(tokens.getTokens({ rejected: (await tokens.getTokens()).accessToken }))
    await tokens.signOut()

    const told = messages.map(({ key, type }) => `${String(key)} ${String(type)}`)
    expect(told).toEqual([
      'default adopted',
      'customer adopted',
      'customer renewed',
      'default error',
      'default signedOut',
    ])
    const name = (key: string): string => `evergrant https://as.example client ${key}`
    expect(traces).toEqual([
      [name('customer'), undefined],
      [name('default'), expect.objectContaining({ code: 'unavailable', status: 503 })],
    ])
    expect(JSON.stringify([messages, traces])).not.toMatch(/(?:access|refresh)\./)
  } finally {
    channel('evergrant:event').unsubscribe(onEvent)
    tracingChannel('evergrant:renewal').unsubscribe(tracers as never)
  }
})
