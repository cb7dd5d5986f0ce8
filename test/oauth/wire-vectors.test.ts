import type { EvergrantError, SessionRecord } from 'evergrant'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ask } from '../support/asking.js'
import { everythingIn } from '../support/everything.js'
import { manage } from '../support/managed.js'
import { rawServer, type RawServer } from '../support/raw-server.js'
import { newTokens, sentToken, vectors, type Vector, type Verdict } from './wire-vectors.js'

const codes: Readonly<Record<Exclude<Verdict, 'granted'>, string>> = {
  ended: 'login_required',
  now: 'unavailable',
  setup: 'misconfigured',
  policy: 'denied',
  'sign in': 'login_required',
}
const atOnce = 20
const longest = 120_000

let server: RawServer
beforeAll(async () => {
  server = await rawServer((socket, request) => {
    const [, index = ''] = /^POST \/token\/(\d+) /.exec(request) ?? []
    socket.end(vectors[Number(index)]?.bytes ?? '')
  })
})
afterAll(() => server.close())

const metadataFor = (index: number) => () =>
  Promise.resolve({ issuer: 'https://as.example', token_endpoint: `${server.origin}/token/${index}` })

/** Judges all vectors with `judge`, some at a time, and returns what is wrong. */
async function judgeAll(judge: (vector: Vector, index: number) => Promise<string | undefined>): Promise<string[]> {
  const wrong: string[] = []
  for (let from = 0; from < vectors.length; from += atOnce) {
    const found = await Promise.all(
      vectors.slice(from, from + atOnce).map(async (vector, offset) => {
        const problem = await judge(vector, from + offset)
        return problem && `${vector.name}: ${problem}`
      }),
    )
    wrong.push(...found.filter((problem) => problem !== undefined))
  }
  return wrong
}

/** How a token leaked into an error, if one did. */
function leakIn(error: unknown): string | undefined {
  const text = everythingIn(error)
  const leaked = [sentToken, newTokens.access_token, newTokens.refresh_token].find((token) => text.includes(token))
  return leaked && `the error holds ${leaked}`
}

/** By the grant alone. */
async function judgeAnswer({ verdict }: Vector, index: number): Promise<string | undefined> {
  const { granted, error, isTakenBack } = await ask(({ url, init }) => fetch(url, init), {
    metadata: metadataFor(index),
    refreshToken: sentToken,
  })
  if (isTakenBack) return 'it counts as never sent'
  if (verdict === 'granted') return granted?.response.access_token === newTokens.access_token ? undefined : 'no tokens'
  const { name, code, error: word } = error as EvergrantError
  if (name !== 'EvergrantError' || code !== codes[verdict]) return `${name} ${code}`
  const isDefinite = code === 'login_required' && word === 'invalid_grant'
  return isDefinite === (verdict === 'ended') ? leakIn(error) : `error ${word}`
}

/** By a whole manager: what the session has become. */
async function judgeSession({ name, verdict }: Vector, index: number): Promise<string | undefined> {
  const { manager, record } = manage(fetch, { metadata: metadataFor(index) })
  const events: unknown[] = []
  const reported = new Promise<EvergrantError>((resolve) => {
    manager.on('error', ({ error }) => resolve(error))
  })
  for (const type of ['error', 'ended', 'renewed'] as const) manager.on(type, (event) => events.push(event))
  await manager.setTokens({ refresh_token: sentToken })
  const failure = await Promise.race([
    reported,
    manager.getAccessToken().then(
      () => undefined,
      (error: EvergrantError) => error,
    ),
  ])
  const leak = leakIn([failure, events, manager.diagnose(), manager.getSnapshot()]) ?? leakIn(failure)
  manager.dispose()
  return leak ?? problemOf(name, verdict, failure, await record())
}

function problemOf(
  name: string,
  verdict: Verdict,
  failure: EvergrantError | undefined,
  record: SessionRecord | undefined,
): string | undefined {
  if (verdict === 'granted') {
    const expected = name === 'only an access token' ? sentToken : newTokens.refresh_token
    if (failure) return `failed: ${failure.message}`
    return record?.state === 'live' && record.refreshToken === expected ? undefined : 'the new tokens are lost'
  }
  if (failure?.code !== codes[verdict]) return `failed with ${failure?.code}`
  if (verdict === 'ended')
    return record?.state === 'ended' && record.reason === 'expired_or_revoked' ? undefined : 'not ended'
  if (record?.state !== 'live') return `the session is ${record?.state}`
  if (record.refreshToken !== sentToken || record.generation !== 0) return 'the refresh token was lost'
  return record.intent?.inDoubt ? undefined : 'it is not in doubt'
}

describe('wire vectors', () => {
  it(
    'P-030 P-070 P-071 P-072 R7 F4 F43 F45 F49 F52: each answer is judged as the decision table says',
    async () => {
      expect(await judgeAll(judgeAnswer)).toEqual([])
    },
    longest,
  )

  it(
    'P-045 P-075 R7 F4 F43 F45 F49 F52: only a definite answer ends a session, and no new token is lost',
    async () => {
      expect(await judgeAll(judgeSession)).toEqual([])
      console.log(`wire vectors: ${vectors.length} answers judged twice, no session ended but by a definite one`)
    },
    longest,
  )

  it('are as many as they should be, cut after every byte of answers of 400', () => {
    const cut = vectors.filter(({ name }) => / of 400 bytes$/.test(name))
    expect(cut).toHaveLength(6 * 401)
    expect(vectors.length - cut.length).toBeGreaterThan(200)
    expect(new Set(vectors.map(({ name }) => name)).size).toBe(vectors.length)
  })
})
