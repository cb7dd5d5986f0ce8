import { http, HttpResponse } from 'msw'
import { setupServer } from 'msw/node'
import { createTokenManager, type TokenManager } from 'evergrant'
import { createAuthorizationServer, type AuthorizationServer } from 'evergrant/testing'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'

const issuer = 'https://as.example'
const hourMs = 3_600_000
let server: AuthorizationServer
let tokens: TokenManager

const network = setupServer(
  http.all(`${issuer}/*`, ({ request }) => server.handle(request).catch(() => HttpResponse.error())),
)
beforeAll(() => network.listen({ onUnhandledRequest: 'error' }))
afterEach(() => {
  tokens.dispose()
  vi.useRealTimers()
})
afterAll(() => network.close())

/** An application whose tests have the time in their hands, and whose server is strict. */
async function begin(toFake: ('Date' | 'performance' | 'setTimeout' | 'clearTimeout')[], scope: string): Promise<void> {
  vi.useFakeTimers({ toFake })
  server = createAuthorizationServer({ issuer, accessTokenSeconds: 600 })
  tokens = createTokenManager({ issuer, clientId: 'client' })
  await tokens.setTokens(await server.signIn({ scope }))
}

test('a test that sets the clock on sees the token renewed, also with an ID token', async () => {
  await begin(['Date'], 'openid offline_access')
  const before = await tokens.getAccessToken()
  vi.setSystemTime(Date.now() + hourMs)
  const after = await tokens.getAccessToken()
  expect(after).not.toBe(before)
  expect(server.inspect(after)).toMatchObject({ subject: 'alice', isUsable: true })
  expect(server.tokenRequests).toBe(1)
})

test('a test that lets an hour pass sees timers renew the token, without an ID token', async () => {
  await begin(['Date', 'performance', 'setTimeout', 'clearTimeout'], 'offline_access')
  await vi.advanceTimersByTimeAsync(hourMs)
  expect(server.redemptions.map(({ outcome }) => outcome)).toEqual(Array.from({ length: 6 }, () => 'accepted'))
  expect(server.inspect(await tokens.getAccessToken())).toMatchObject({ isUsable: true })
})
