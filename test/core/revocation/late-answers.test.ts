import { describe, expect, test } from 'vitest'
import type { TokenResponse } from '../../../src/core/token-response.js'
import { memoryStore } from '../../../src/stores/memory.js'
import { BrittleStore } from '../../support/brittle-store.js'
import { RevokingServer, tokensOf } from './server.js'

/**
 * Signs somebody in, starts a renewal that brings `late`, does `meanwhile`, and only then lets the answer come. Resolves to
 * what the server was asked to revoke because of that.
 */
async function revokedAfter(
  first: TokenResponse,
  late: TokenResponse,
  meanwhile: TokenResponse | 'sign-out',
  lateMs = 1000,
): Promise<{ revoked: string[]; accessToken: string | undefined }> {
  const server = new RevokingServer()
  const manager = server.manager()
  await manager.setTokens(first)
  await server.environment.pass(10_000)
  const answer = server.holdRenewal(late)
  const renewal = manager.renew().then(
    () => undefined,
    (error: unknown) => error,
  )
  await server.environment.pass(100)
  if (meanwhile === 'sign-out') await server.signOut(manager)
  else await manager.setTokens(meanwhile)
  const before = server.asked.length
  await server.environment.pass(lateMs)
  answer()
  await server.environment.pass(60_000)
  await renewal
  const accessToken = await manager.getAccessToken().catch(() => undefined)
  return { revoked: server.asked.slice(before), accessToken }
}

const [ofAlice, ofBob] = [tokensOf('alice', 'alice'), tokensOf('bob', 'bob')]
const [late, revokedLate] = [tokensOf('late'), ['refresh-late', 'access-late']]

describe('the tokens of an answer that comes too late', () => {
  test.each([
    ['of alice', ofAlice],
    ['of somebody unknown', tokensOf('x')],
  ])('P-066 for a session %s are revoked after a sign-out, and do not bring it back', async (_kind, first) => {
    expect(await revokedAfter(first, late, 'sign-out')).toEqual({ revoked: revokedLate, accessToken: undefined })
  })

  test('are revoked after a sign-out also when nobody waits for that answer any more', async () => {
    const { revoked, accessToken } = await revokedAfter(ofAlice, late, 'sign-out', 60_000)
    expect([revoked, accessToken]).toEqual([revokedLate, undefined])
  })

  test('are revoked when another user has signed in, like those that were there before, but not that user’s own', async () => {
    const revoked = ['refresh-alice', 'access-alice', ...revokedLate]
    expect(await revokedAfter(ofAlice, late, ofBob)).toEqual({ revoked, accessToken: 'access-bob' })
  })

  test.each([
    ['the same user', ofAlice, tokensOf('again', 'alice')],
    ['somebody of whom nobody knows who it is', ofAlice, tokensOf('again')],
    ['a user, where nobody knows who was there before', tokensOf('x'), tokensOf('again', 'bob')],
  ])('are not revoked when %s has signed in: they may be of one grant with those', async (_kind, first, next) => {
    expect(await revokedAfter(first, late, next)).toEqual({ revoked: [], accessToken: 'access-again' })
  })

  test('are revoked when another holder has signed out, also if this one has not noticed yet', async () => {
    const server = new RevokingServer()
    const store = new BrittleStore(server.environment, memoryStore(), false)
    const [renewing, leaving] = [server.manager({ store }), server.manager({ store })]
    await renewing.setTokens(ofAlice)
    await server.environment.pass(10_000)
    const answer = server.holdRenewal(late)
    const renewal = renewing.renew().catch((error: unknown) => error)
    await server.environment.pass(100)
    await server.signOut(leaving)
    answer()
    await server.environment.pass(1000)
    expect(await renewal).toMatchObject({ code: 'login_required' })
    expect(server.asked).toEqual(['refresh-alice', 'access-alice', ...revokedLate])
  })

  test('are not revoked when the session has only moved on', async () => {
    const server = new RevokingServer()
    const store = memoryStore()
    const [slow, quick] = [server.manager({ store }), server.manager({ store })]
    await slow.setTokens(ofAlice)
    await server.environment.pass(10_000)
    const answer = server.holdRenewal(late)
    const renewal = slow.renew().catch((error: unknown) => error)
    await server.environment.pass(20_000)
    server.renewal = () => Response.json(tokensOf('quick'))
    await server.environment.passUntil(quick.renew())
    answer()
    await server.environment.pass(60_000)
    await renewal
    expect(server.asked).toEqual([])
    expect(await quick.getAccessToken()).toBe('access-quick')
  })
})
