import { expect, test } from 'vitest'
import type { TokenResponse } from '../../src/core/token-response.js'
import { oauthClient } from '../../src/oauth/client.js'
import { refreshTokenGrant } from '../../src/oauth/refresh-token.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf, metadata } from '../support/managed.js'

const day = 86_400_000

/** A session whose server answers with `more` besides an access token of an hour. */
async function session(first: TokenResponse, more: () => TokenResponse = () => ({})) {
  let count = 0
  const environment = new FakeEnvironment(() =>
    Promise.resolve(Response.json({ access_token: `access-${++count}`, expires_in: 3600, ...more() })),
  )
  const client = oauthClient({ metadata: () => Promise.resolve(metadata), clientId: 'client', environment })
  const tokens = managerOf(environment, { client, grant: refreshTokenGrant() })
  const notices: number[] = []
  tokens.on('sessionExpiring', ({ endsAt }) => notices.push(endsAt - environment.now()))
  await tokens.setTokens({ access_token: 'access-0', expires_in: 3600, refresh_token: 'refresh-0', ...first })
  const endsIn = (): number | undefined => {
    const snapshot = tokens.getSnapshot()
    return snapshot.status === 'active' && snapshot.endsAt !== undefined
      ? snapshot.endsAt - environment.now()
      : undefined
  }
  return { environment, tokens, notices, endsIn, requests: () => count }
}

test.each([
  ['refresh_token_expires_in', 15_811_200],
  ['refresh_expires_in', 1800],
  ['x_refresh_token_expires_in', '8726400'],
  ['refresh_token_timeout', 86_400],
  ['authorization_expires_in', 157_680_000],
])('P-220 P-221 the end of the refresh token is told by %s', async (name, seconds) => {
  const { endsIn } = await session({ [name]: seconds })
  expect(endsIn()).toBe(Number(seconds) * 1000)
})

test.each([undefined, 0, null, '', 'never', -1])('P-221 an end of %j is not known, which is no end', async (value) => {
  const { endsIn, environment, notices } = await session({ refresh_expires_in: value })
  expect(endsIn()).toBeUndefined()
  await environment.pass(3 * day)
  expect(notices).toEqual([])
})

test('the first of several ends counts', async () => {
  const { endsIn } = await session({ refresh_token_timeout: 3600, authorization_expires_in: 600 })
  expect(endsIn()).toBe(600_000)
})

test('P-222 listeners are told once, five minutes before the end, and renewals go on', async () => {
  const { environment, notices, requests } = await session({ refresh_token_expires_in: 86_400 })
  await environment.pass(day - 310_000)
  expect(notices).toEqual([])
  const before = requests()
  await environment.pass(20_000)
  expect(notices).toEqual([300_000])
  await environment.pass(day)
  expect(notices).toHaveLength(1)
  expect(requests()).toBeGreaterThan(before + 5)
})

test('P-223 an answer without a new refresh token speaks of the present one', async () => {
  const { environment, notices, endsIn } = await session({ refresh_token_expires_in: 7200 }, () => ({
    refresh_token_expires_in: 7200,
  }))
  await environment.pass(day)
  expect(notices).toEqual([])
  expect(endsIn()).toBeGreaterThan(3_000_000)
})

test('P-223 what was said once holds until something else is said', async () => {
  const { environment, endsIn } = await session({ refresh_token_expires_in: 86_400 })
  await environment.pass(day / 2)
  expect(endsIn()).toBe(day / 2)
})

test('F-015 P-215 what was said of a refresh token says nothing of the next one', async () => {
  let count = 0
  const { environment, endsIn } = await session({ refresh_token_expires_in: 86_400 }, () => ({
    refresh_token: `refresh-${++count}`,
  }))
  await environment.pass(day / 2)
  expect(endsIn()).toBeUndefined()
})

test('P-215 an end that comes nearer with each renewal is told of once', async () => {
  const { environment, notices } = await session({ refresh_token_expires_in: 9000 }, () => ({
    refresh_token_expires_in: Math.round(9000 - environment.time.now / 1000),
  }))
  await environment.pass(9_100_000)
  expect(notices).toHaveLength(1)
})

test('short-lived refresh tokens that every renewal replaces are nothing to tell of', async () => {
  const { environment, notices } = await session({ refresh_expires_in: 7200 }, () => ({ refresh_expires_in: 7200 }))
  await environment.pass(day)
  expect(notices).toEqual([])
})
