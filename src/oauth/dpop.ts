import { readChallenges } from '../core/challenge.js'
import { EvergrantError, isEvergrantError } from '../core/errors.js'
import type { WebCryptoKey, Jwk } from '../core/keys.js'
import type { Prover, ProvenRequest } from '../core/proof.js'
import { peekError, timeOf } from './answer.js'
import { base64Url, cryptography, sha256, utf8 } from './encoding.js'

/** How {@link dpop} binds sessions. */
export interface DpopOptions {
  /**
   * Whether keys can be read, which stores of text need: files, Redis, PostgreSQL, Web Storage and `encryptedStore()`, which
   * is the one to use then. `false` by default: such keys fit `indexedDbStore()` and `memoryStore()`.
   */
  readonly extractable?: boolean | undefined
  /**
   * Whether to accept access tokens of type Bearer, from servers that bind refresh tokens alone (RFC 9449 section 5); `false`
   * by default.
   */
  readonly allowBearer?: boolean | undefined
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
/** By how much the clocks may differ before it is worth another try. */
const skewMs = 5000

/** What is known of a server: the nonce it wants, and how far its clock is ahead. Each server has its own (section 8). */
interface Habits {
  nonce?: string | undefined
  offsetMs: number
}

/**
 * Binds each session to a key of its own (DPoP, RFC 9449), so that its tokens are of no use to whoever steals them without the
 * key: as the `dpop` of a manager. Proofs go along with requests for tokens, and with `fetch`.
 */
export function dpop({ extractable = false, allowBearer = false }: DpopOptions = {}): Prover {
  const servers = new Map<string, Habits>()
  return {
    allowsBearer: allowBearer,

    async makeKey() {
      const pair = await cryptography().generateKey(algorithm, extractable, ['sign', 'verify'])
      if (!extractable) return pair
      const [privateKey, publicKey] = await Promise.all([jwkOf(pair.privateKey), jwkOf(pair.publicKey)])
      return { privateKey, publicKey }
    },

    async prove(request, send) {
      const { origin } = new URL(request.url)
      const habits = servers.get(origin) ?? { offsetMs: 0 }
      servers.set(origin, habits)
      const sent = { ...habits }
      const attempt = async (): Promise<Response> => {
        const response = await send(await proofOf(request, habits).catch(damaged))
        take(habits, response, request.now())
        return response
      }
      const response = await attempt()
      const isApi = request.accessToken !== undefined
      const error = isApi ? errorOfApi(response, sent) : await peekError(response)
      if (error === 'use_dpop_nonce' && !response.headers.has('dpop-nonce')) throw hiddenNonce(origin)
      const isOutOfTime = error === 'invalid_dpop_proof' && Math.abs(habits.offsetMs - sent.offsetMs) > skewMs
      if (!request.isRepeatable || (error !== 'use_dpop_nonce' && !isOutOfTime)) return response
      response.body?.cancel().catch(() => undefined)
      return attempt()
    },
  }
}

/**
 * What an API has against a proof, by its headers alone: the body is the caller's, and may have no end. It says so in a
 * challenge (section 9). Pages of other origins often see the nonce without the challenge: then a new one is a demand for it.
 * A server that gives tokens has to name the error, as a refresh token may be spent by what it refuses.
 */
function errorOfApi({ status, headers }: Response, sent: Habits): string | undefined {
  if (!isRefusal(status)) return undefined
  const nonce = headers.get('dpop-nonce')
  const challenges = readChallenges(headers.get('www-authenticate'))
  const isHidden = status === 401 && challenges.length === 0
  if (isHidden && nonce !== null && nonce !== sent.nonce) return 'use_dpop_nonce'
  return challenges.find(({ scheme }) => scheme === 'dpop')?.parameters.get('error')
}

/** Of servers that give tokens (section 8), and of APIs (section 9; some answer as the former do). */
function isRefusal(status: number): boolean {
  return status === 400 || status === 401
}

/**
 * Notes what an answer tells of its server: a nonce, also one of success (section 8.2), and the time, which in all but a
 * refusal may be that of a cache.
 */
function take(habits: Habits, response: Response, now: number): void {
  habits.nonce = response.headers.get('dpop-nonce') ?? habits.nonce
  const serverTime = timeOf(response)
  if (isRefusal(response.status) && serverTime !== undefined) habits.offsetMs = serverTime - now
}

/** A proof of its own for each request and each try (section 4.2). */
async function proofOf(request: ProvenRequest, { nonce, offsetMs }: Habits): Promise<string> {
  const { key, method, url, accessToken } = request
  const { kty, crv, x, y } = await jwkOf(key.publicKey)
  const { origin, pathname } = new URL(url)
  const claims = {
    jti: crypto.randomUUID(),
    htm: method,
    htu: `${origin}${pathname}`,
    iat: Math.floor((request.now() + offsetMs) / 1000),
    nonce,
    ath: accessToken && base64Url(await sha256(accessToken)),
  }
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } }
  const signed = [header, claims].map((part) => base64Url(utf8(JSON.stringify(part)))).join('.')
  const signature = await cryptography().sign(algorithm, await signingKey(key.privateKey), utf8(signed))
  return `${signed}.${base64Url(new Uint8Array(signature))}`
}

async function signingKey(key: WebCryptoKey | Jwk): Promise<WebCryptoKey> {
  return isJwk(key) ? cryptography().importKey('jwk', key, algorithm, false, ['sign']) : key
}

async function jwkOf(key: WebCryptoKey | Jwk): Promise<Jwk> {
  return isJwk(key) ? key : cryptography().exportKey('jwk', key)
}

function isJwk(key: WebCryptoKey | Jwk): key is Jwk {
  return 'kty' in key
}

/** A key that cannot be used is as good as lost, and the refresh token that is bound to it with it. */
function damaged(problem: unknown): never {
  if (isEvergrantError(problem)) throw problem
  throw new EvergrantError('login_required', 'the key that this session is bound to is damaged')
}

function hiddenNonce(origin: string): EvergrantError {
  const why = `${origin} wants a DPoP nonce and does not show it: it must send DPoP-Nonce`
  return new EvergrantError('misconfigured', `${why}, to pages with Access-Control-Expose-Headers: DPoP-Nonce`)
}
