import { createHash } from 'node:crypto'
import type { AuthorizationServer } from 'evergrant/testing'
import type { TokenAnswer } from './redeeming.js'

export const redirectUri = 'https://app.example/callback'
export const verifier = 'v'.repeat(43)

/** Parameters over the usual ones; `undefined` leaves one out. */
export type Parameters = Readonly<Record<string, string | undefined>>

/** What a client tells of a verifier beforehand. */
export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url')
}

/** What a public client asks for, which wants a refresh token. */
export function signInRequest(changes: Parameters = {}): URLSearchParams {
  return formOf({
    response_type: 'code',
    client_id: 'client',
    redirect_uri: redirectUri,
    scope: 'openid offline_access',
    state: 'a state',
    code_challenge: challengeOf(verifier),
    code_challenge_method: 'S256',
    ...changes,
  })
}

/** What a browser meets at the authorization endpoint. */
export function visit(server: AuthorizationServer, query: URLSearchParams): Promise<Response> {
  return server.handle(new Request(`${server.issuer}/authorize?${query}`))
}

/** Where that sends the browser, and with what. */
export async function answerOf(server: AuthorizationServer, changes: Parameters = {}): Promise<Record<string, string>> {
  return answerIn(await visit(server, signInRequest(changes)))
}

/** The answer in an address that a browser is sent to, which must be that of the application. */
export function answerIn(response: Response): Record<string, string> {
  const { origin, pathname, searchParams } = new URL(response.headers.get('location') ?? '')
  if (response.status !== 302 || `${origin}${pathname}` !== redirectUri) throw new Error(`sent to ${origin}${pathname}`)
  return Object.fromEntries(searchParams)
}

/** Exchanges a code, as the client of `signInRequest()` does. */
export async function exchange(
  server: AuthorizationServer,
  code: string | undefined,
  changes: Parameters = {},
  headers: Record<string, string> = {},
): Promise<TokenAnswer> {
  const body = formOf({
    ...{ grant_type: 'authorization_code', code, client_id: 'client' },
    ...{ redirect_uri: redirectUri, code_verifier: verifier, ...changes },
  })
  return readJson(await server.handle(new Request(`${server.issuer}/token`, { method: 'POST', body, headers })))
}

/** A whole sign-in by redirect. */
export async function signInByRedirect(server: AuthorizationServer, changes: Parameters = {}): Promise<TokenAnswer> {
  const { code } = await answerOf(server, changes)
  return exchange(server, code)
}

/** Posts a form of the public client, or of whoever the headers name. */
export function post(
  server: AuthorizationServer,
  path: string,
  form: Parameters,
  headers: Record<string, string> = {},
): Promise<Response> {
  return server.handle(new Request(`${server.issuer}${path}`, { method: 'POST', body: formOf(form), headers }))
}

/** An answer in JSON. */
export async function readJson(response: Response): Promise<TokenAnswer> {
  return { status: response.status, body: (await response.json()) as TokenAnswer['body'] }
}

/** What an ID token says. */
export function claimsOf(idToken: unknown): Record<string, unknown> {
  return JSON.parse(Buffer.from(String(idToken).split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
}

function formOf(parameters: Parameters): URLSearchParams {
  const present = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return new URLSearchParams(present)
}
