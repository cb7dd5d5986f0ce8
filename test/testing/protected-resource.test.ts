import { expect, test } from 'vitest'
import { startServer } from './redeeming.js'
import { signInByRedirect } from './signing-in.js'
import type { AuthorizationServer } from 'evergrant/testing'

/** What the resource answers, and the challenge that goes with it. */
async function ask(server: AuthorizationServer, token: unknown, query: string): Promise<[number, string | null]> {
  const request = new Request(`https://as.example/resource?${query}`, { headers: { authorization: `Bearer ${token}` } })
  const { status, headers } = await server.handle(request)
  return [status, headers.get('www-authenticate')]
}

test('the resource may ask for a scope', async () => {
  const { server } = await startServer()
  const { access_token } = await server.signIn({ scope: 'read write' })
  expect(await ask(server, access_token, 'scope=read')).toEqual([200, null])
  expect(await ask(server, access_token, 'scope=write+read')).toEqual([200, null])
  expect(await ask(server, access_token, 'scope=read+admin')).toEqual([
    403,
    'Bearer error="insufficient_scope", scope="read admin"',
  ])
})

test('the resource may ask for a better authentication, which a sign-in brings that asks for it', async () => {
  const { server } = await startServer()
  const weak = await server.signIn()
  const strong = await signInByRedirect(server, { acr_values: 'phr' })
  const challenge = 'Bearer error="insufficient_user_authentication", acr_values="phr"'
  expect(await ask(server, weak.access_token, 'acr=phr')).toEqual([401, challenge])
  expect(await ask(server, strong.body.access_token, 'acr=phr')).toEqual([200, null])
})

test('the resource may ask for a more recent authentication, which no renewal brings', async () => {
  const { server, environment } = await startServer()
  const { access_token } = await server.signIn()
  await environment.pass(60_000)
  expect(await ask(server, access_token, 'max_age=60')).toEqual([200, null])
  await environment.pass(1)
  expect(await ask(server, access_token, 'max_age=60')).toEqual([
    401,
    'Bearer error="insufficient_user_authentication", max_age="60"',
  ])
})

test('a token that is dead is that before anything else', async () => {
  const { server, accessToken } = await startServer()
  server.revoke(0)
  expect(await ask(server, accessToken, 'scope=admin&acr=phr')).toEqual([401, 'Bearer error="invalid_token"'])
})
