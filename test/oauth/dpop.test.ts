import { expect, test } from 'vitest'
import type { ProofKey, ProvenRequest } from '../../src/core/proof.js'
import { dpop } from '../../src/oauth/dpop.js'
import { sha256, base64Url } from '../../src/oauth/encoding.js'
import { failureOf } from '../core/scripted-world.js'

const now = Date.UTC(2026, 0, 1)
const url = 'https://api.example/orders?of=alice#all'

interface Proof {
  readonly header: { typ: string; alg: string; jwk: JsonWebKey }
  readonly claims: Record<string, unknown>
}

/** Reads a proof, and fails if its signature is not that of the key in it. */
async function read(proof: string): Promise<Proof> {
  const [header = '', claims = '', signature = ''] = proof.split('.')
  const parse = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString())
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const { jwk } = parse(header) as Proof['header']
  const key = await crypto.subtle.importKey('jwk', jwk, algorithm, true, ['verify'])
  const signed = Buffer.from(`${header}.${claims}`)
  expect(await crypto.subtle.verify(algorithm, key, Buffer.from(signature, 'base64url'), signed)).toBe(true)
  return { header: parse(header) as Proof['header'], claims: parse(claims) as Proof['claims'] }
}

/** Sends a request to a server that gives `answers` one after the other. Resolves to the proofs, and what came back. */
async function sent(
  prover: ReturnType<typeof dpop>,
  key: ProofKey,
  answers: Response[],
  request: Partial<ProvenRequest> = {},
): Promise<{ proofs: Proof[]; response: Response }> {
  const proofs: Proof[] = []
  const usual = { key, method: 'GET', url, isRepeatable: true, now: () => now }
  const response = await prover.prove({ ...usual, ...request }, async (proof = '') => {
    proofs.push(await read(proof))
    return answers.shift() ?? new Response('done')
  })
  return { proofs, response }
}

const wantsNonce = (nonce: string): Response =>
  Response.json({ error: 'use_dpop_nonce' }, { status: 400, headers: { 'dpop-nonce': nonce } })

const toApi = { accessToken: 'access-1' }
const challenge = { 'www-authenticate': 'DPoP error="use_dpop_nonce"' }
const inTenMinutes = { date: new Date(now + 600_000).toUTCString() }

/** A body that comes when somebody reads it, and what was seen of readers. */
function bodyToCome(): { body: ReadableStream; seen: string[] } {
  const seen: string[] = []
  const pull = (controller: ReadableStreamDefaultController): void => {
    seen.push('read')
    controller.close()
  }
  return { body: new ReadableStream({ pull, cancel: () => void seen.push('cancelled') }, { highWaterMark: 0 }), seen }
}

test('P-146 a proof names the method, the address without query and fragment, and the access token', async () => {
  const prover = dpop()
  const { proofs } = await sent(prover, await prover.makeKey(), [], { accessToken: 'access-1' })
  const ath = base64Url(await sha256('access-1'))
  const jti = expect.any(String)
  expect(proofs[0]?.claims).toEqual({ jti, htm: 'GET', htu: 'https://api.example/orders', iat: now / 1000, ath })
  expect(proofs[0]?.header).toMatchObject({ typ: 'dpop+jwt', alg: 'ES256', jwk: { kty: 'EC', crv: 'P-256' } })
  expect(proofs[0]?.header.jwk).not.toHaveProperty('d')
})

test('P-141 each request and each try has a proof of its own', async () => {
  const prover = dpop()
  const key = await prover.makeKey()
  const first = await sent(prover, key, [wantsNonce('nonce-1')])
  const second = await sent(prover, key, [])
  const ids = [...first.proofs, ...second.proofs].map(({ claims }) => claims.jti)
  expect(new Set(ids).size).toBe(3)
})

test('P-142 a demand for a nonce is met once, and the second one is the answer', async () => {
  const prover = dpop()
  const { proofs, response } = await sent(prover, await prover.makeKey(), [wantsNonce('one'), wantsNonce('two')])
  expect(proofs.map(({ claims }) => claims.nonce)).toEqual([undefined, 'one'])
  expect(await response.json()).toEqual({ error: 'use_dpop_nonce' })
})

test('P-142 an API demands it in a challenge', async () => {
  const prover = dpop()
  const headers = { ...challenge, 'dpop-nonce': 'one' }
  const { proofs, response } = await sent(
    prover,
    await prover.makeKey(),
    [new Response('', { status: 401, headers })],
    toApi,
  )
  expect(proofs.map(({ claims }) => claims.nonce)).toEqual([undefined, 'one'])
  expect(response.status).toBe(200)
})

test.each([
  ['with a body of its own', 401, challenge],
  ['where the page sees no challenge', 401, {}],
  ['with status 400', 400, challenge],
])('an API that changes its nonce gets the new one at once, also %s', async (_how, status, shown) => {
  const prover = dpop()
  const key = await prover.makeKey()
  const refusal = (nonce: string): Response =>
    Response.json({ error: 'Unauthorized' }, { status, headers: { ...shown, 'dpop-nonce': nonce } })
  const first = await sent(prover, key, [refusal('one')], toApi)
  const later = await sent(prover, key, [refusal('two')], toApi)
  expect([...first.proofs, ...later.proofs].map(({ claims }) => claims.nonce)).toEqual([undefined, 'one', 'one', 'two'])
  expect([first.response.status, later.response.status]).toEqual([200, 200])
})

test.each([
  ['of its own with status 400', 400, {}],
  ['of the token', 401, { 'www-authenticate': 'DPoP error="invalid_token"' }],
])('a refusal %s by an API whose nonce changes with each answer is not asked for again', async (_of, status, shown) => {
  const prover = dpop()
  const key = await prover.makeKey()
  const refusal = Response.json({ error: 'wrong_code' }, { status, headers: { ...shown, 'dpop-nonce': 'two' } })
  await sent(prover, key, [new Response('', { headers: { 'dpop-nonce': 'one' } })], toApi)
  const { proofs, response } = await sent(prover, key, [refusal], toApi)
  expect(proofs).toHaveLength(1)
  expect(response.status).toBe(status)
})

test.each([400, 401])('an API that refuses with the nonce that it was sent (%i) is not asked again', async (status) => {
  const prover = dpop()
  const key = await prover.makeKey()
  const headers = { 'dpop-nonce': 'one' }
  await sent(prover, key, [new Response('', { headers })], toApi)
  const { proofs, response } = await sent(prover, key, [new Response('', { status, headers })], toApi)
  expect(proofs).toHaveLength(1)
  expect(response.status).toBe(status)
})

test.each([403, 404, 500])('a new nonce in an answer %i of an API is for the next call', async (status) => {
  const prover = dpop()
  const key = await prover.makeKey()
  const { proofs } = await sent(prover, key, [new Response('', { status, headers: { 'dpop-nonce': 'one' } })], toApi)
  expect(proofs).toHaveLength(1)
  expect((await sent(prover, key, [], toApi)).proofs[0]?.claims.nonce).toBe('one')
})

test.each([
  [400, 'invalid_grant'],
  [401, 'invalid_client'],
])('a token endpoint that refuses (%i %s) with a new nonce is not asked again', async (status, error) => {
  const prover = dpop()
  const key = await prover.makeKey()
  const refusal = Response.json({ error }, { status, headers: { ...challenge, 'dpop-nonce': 'one' } })
  const { proofs, response } = await sent(prover, key, [refusal])
  expect(proofs).toHaveLength(1)
  expect(await response.json()).toEqual({ error })
  expect((await sent(prover, key, [])).proofs[0]?.claims.nonce).toBe('one')
})

test('an answer of an API is there before its body, which may be slow or have no end', async () => {
  const prover = dpop()
  const { body, seen } = bodyToCome()
  const answer = new Response(body, { status: 500 })
  const { response } = await sent(prover, await prover.makeKey(), [answer], toApi)
  expect(response).toBe(answer)
  expect(seen).toEqual([])
})

test('an answer of an API whose body breaks off is the answer, and its reader learns of the break', async () => {
  const prover = dpop()
  const broken = new TypeError('terminated')
  const body = new ReadableStream({ pull: (controller) => controller.error(broken) })
  const { response } = await sent(prover, await prover.makeKey(), [new Response(body, { status: 404 })], toApi)
  expect(response.status).toBe(404)
  await expect(response.text()).rejects.toBe(broken)
})

test('the answer that was only a demand for a nonce keeps no connection busy', async () => {
  const prover = dpop()
  const { body, seen } = bodyToCome()
  const demand = new Response(body, { status: 401, headers: { ...challenge, 'dpop-nonce': 'one' } })
  expect((await sent(prover, await prover.makeKey(), [demand], toApi)).response.status).toBe(200)
  expect(seen).toEqual(['cancelled'])
})

test('a request that can be sent only once is not sent again, but the next one has the nonce', async () => {
  const prover = dpop()
  const key = await prover.makeKey()
  const { proofs } = await sent(prover, key, [wantsNonce('one')], { isRepeatable: false })
  expect(proofs).toHaveLength(1)
  expect((await sent(prover, key, [])).proofs[0]?.claims.nonce).toBe('one')
})

test('P-143 P-144 the newest nonce of a server is used, also from an answer of success, and of no other server', async () => {
  const prover = dpop()
  const key = await prover.makeKey()
  await sent(prover, key, [new Response('', { headers: { 'dpop-nonce': 'one' } })])
  await sent(prover, key, [new Response('', { headers: { 'dpop-nonce': 'two' } })])
  await sent(prover, key, [new Response('')])
  expect((await sent(prover, key, [])).proofs[0]?.claims.nonce).toBe('two')
  const elsewhere = await sent(prover, key, [], { url: 'https://other.example/' })
  expect(elsewhere.proofs[0]?.claims.nonce).toBeUndefined()
})

test('P-149 a nonce that the page cannot see is an error that says what the server must send', async () => {
  const prover = dpop()
  const hidden = Response.json({ error: 'use_dpop_nonce' }, { status: 400 })
  const failure = await failureOf(sent(prover, await prover.makeKey(), [hidden]))
  expect(failure).toMatchObject({ code: 'misconfigured' })
  expect(failure.message).toContain('Access-Control-Expose-Headers: DPoP-Nonce')
})

test('so is one of an API whose challenge the page does see', async () => {
  const prover = dpop()
  const headers = { 'www-authenticate': `Bearer error="invalid_token", ${challenge['www-authenticate']}` }
  const hidden = new Response('', { status: 401, headers })
  const failure = await failureOf(sent(prover, await prover.makeKey(), [hidden], toApi))
  expect(failure).toMatchObject({ code: 'misconfigured' })
})

test('a proof that is out of time is made again by the clock of the server', async () => {
  const prover = dpop()
  const headers = inTenMinutes
  const outOfTime = Response.json({ error: 'invalid_dpop_proof' }, { status: 400, headers })
  const key = await prover.makeKey()
  const { proofs, response } = await sent(prover, key, [outOfTime])
  expect(proofs.map(({ claims }) => claims.iat)).toEqual([now / 1000, now / 1000 + 600])
  expect(response.status).toBe(200)
  const refused = Response.json({ error: 'invalid_dpop_proof' }, { status: 400, headers })
  expect((await sent(prover, key, [refused])).proofs).toHaveLength(1)
})

test('an API says in a challenge that a proof is out of time', async () => {
  const prover = dpop()
  const headers = { ...inTenMinutes, 'www-authenticate': 'DPoP error="invalid_dpop_proof", algs="ES256"' }
  const outOfTime = new Response('', { status: 401, headers })
  const { proofs } = await sent(prover, await prover.makeKey(), [outOfTime], toApi)
  expect(proofs.map(({ claims }) => claims.iat)).toEqual([now / 1000, now / 1000 + 600])
})

test.each([200, 304, 404])('an answer %i, which may be an old one out of a cache, tells no time', async (status) => {
  const prover = dpop()
  const key = await prover.makeKey()
  const headers = { date: new Date(now - 3_600_000).toUTCString() }
  await sent(prover, key, [new Response(null, { status, headers })], toApi)
  expect((await sent(prover, key, [], toApi)).proofs[0]?.claims.iat).toBe(now / 1000)
})

test('P-147 a key cannot be read unless the store needs that', async () => {
  const key = (await dpop().makeKey()) as CryptoKeyPair
  expect(key.privateKey.extractable).toBe(false)
  const readable = await dpop({ extractable: true }).makeKey()
  expect(JSON.parse(JSON.stringify(readable))).toEqual(readable)
})

test('P-148 a key that was kept as text makes proofs of the same key after a restart', async () => {
  const key = await dpop({ extractable: true }).makeKey()
  const kept = JSON.parse(JSON.stringify(key)) as ProofKey
  const prover = dpop()
  const [before] = (await sent(prover, key, [])).proofs
  const [after] = (await sent(prover, kept, [])).proofs
  expect(after?.header.jwk).toEqual(before?.header.jwk)
})

test.each([
  ['private', { privateKey: { kty: 'EC', d: '?' } }],
  ['private', { privateKey: {} }],
  ['public', { publicKey: {} }],
])('a damaged %s key is a lost session, and no foreign error', async (_which, damage) => {
  const key = (await dpop({ extractable: true }).makeKey()) as ProofKey
  const failure = await failureOf(sent(dpop(), { ...key, ...damage } as ProofKey, []))
  expect(failure).toMatchObject({ code: 'login_required' })
})
