import { commonFaults, type Fault } from './faults.js'

/** Failures of a server, worded as it does, at a time in milliseconds since 1970. */
export type Troubles = (now: number) => readonly Fault[]

/** Something on the way answers instead of the server. */
export function answering(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Fault {
  return { type: 'respond', status, headers, body }
}

export const noTrouble: Troubles = () => []
export const unavailable: Troubles = () => [commonFaults.unavailable()]
export const lostAnswer: Troubles = () => [{ type: 'drop-response' }]

const tooOften = 'API call exceeded rate limit due to too many requests.'

/** One user may renew four times in a second; an organization has a limit too, of which it is told in another way. */
export const oktaLimits: Troubles = (now) => {
  const reset = String(Math.ceil(now / 1000) + 30)
  const headers = { 'x-rate-limit-limit': '4', 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': reset }
  const ofTheUser = { error: 'invalid_grant', error_description: tooOften }
  const code = { errorCode: 'E0000047', errorLink: 'E0000047', errorId: 'oaeYW9xTPXlTfGVyq2hVJZnmQ' }
  const ofTheOrganization = { ...code, errorSummary: tooOften, errorCauses: [] }
  return [answering(429, ofTheUser, headers), answering(429, ofTheOrganization, headers)]
}

const nonceOfTheDay = 'nonce-of-the-day'

/** Okta wants a proof with the nonce that it gave, and says so before it looks at the refresh token. */
export function oktaNonce({ url, method, headers }: Request): Fault | undefined {
  if (!url.endsWith('/token')) return undefined
  const refuse = (error: string, error_description: string): Fault =>
    answering(400, { error, error_description }, { 'dpop-nonce': nonceOfTheDay })
  const [, payload] = headers.get('dpop')?.split('.') ?? []
  if (payload === undefined) return refuse('invalid_dpop_proof', 'The DPoP proof JWT header is missing.')
  const { nonce, htm, htu } = decode(payload)
  if (nonce !== nonceOfTheDay) return refuse('use_dpop_nonce', 'Authorization server requires nonce in DPoP proof.')
  if (htm === method && htu === url) return undefined
  return refuse('invalid_dpop_proof', "The DPoP proof JWT's 'htm' or 'htu' claim is invalid.")
}

/** A refusal as Entra ID words it. */
export function entraRefusal(code: number, description: string, more: object = {}): Readonly<Record<string, unknown>> {
  return {
    error: 'invalid_grant',
    error_description: `AADSTS${code}: ${description} Trace ID: 0a1b2c3d-0000-4000-8000-00000000000a`,
    error_codes: [code],
    timestamp: '2026-01-01 00:00:00Z',
    trace_id: '0a1b2c3d-0000-4000-8000-00000000000a',
    correlation_id: '0a1b2c3d-0000-4000-8000-00000000000b',
    error_uri: `https://login.microsoftonline.com/error?code=${code}`,
    ...more,
  }
}

const loop = 'The server terminated an operation because it encountered a loop while processing a request.'

export const entraThrottling: Troubles = () => [answering(400, entraRefusal(50196, loop))]

/** Lets a renewal bring an ID token of somebody else. The signature of that would no longer hold. */
export const somebodyElse: Fault = {
  type: 'rewrite',
  rewrite(body) {
    const [head, claims = '', signature] = String(body.id_token).split('.')
    const forged = btoa(JSON.stringify({ ...decode(claims), sub: 'mallory' })).replace(/[+/=]/g, url64)
    return { ...body, id_token: [head, forged, signature].join('.') }
  },
}

function url64(char: string): string {
  return { '+': '-', '/': '_' }[char] ?? ''
}

/** What a part of a JWT holds. */
function decode(part: string): Readonly<Record<string, unknown>> {
  return JSON.parse(atob(part.replaceAll('-', '+').replaceAll('_', '/'))) as Record<string, unknown>
}
