import { createAuthorizationServer, type AuthorizationServer, type AuthorizationServerOptions } from 'evergrant/testing'
import { FakeEnvironment } from '../support/fake-environment.js'

/** An answer of the token endpoint. */
export interface TokenAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** A test authorization server on a clock that the test moves, and the refresh token of somebody who is signed in. */
export async function startServer(options: AuthorizationServerOptions = {}): Promise<{
  server: AuthorizationServer
  environment: FakeEnvironment
  refreshToken: string
  accessToken: string
}> {
  const environment = new FakeEnvironment()
  const server = createAuthorizationServer({ environment, ...options })
  const { access_token, refresh_token } = await server.signIn()
  return { server, environment, refreshToken: String(refresh_token), accessToken: String(access_token) }
}

/** The request that uses a refresh token, made by a public client, or by a web client with `authorization`. */
export function tokenRequest(
  server: AuthorizationServer,
  refreshToken: unknown,
  { clientId, authorization }: { clientId?: string; authorization?: string } = { clientId: 'client' },
): Request {
  const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: String(refreshToken) })
  if (clientId !== undefined) body.set('client_id', clientId)
  const headers = authorization === undefined ? {} : { authorization }
  return new Request(`${server.issuer.replace(/\/$/, '')}/token`, { method: 'POST', body, headers })
}

/** Uses a refresh token and reads the answer. */
export async function redeem(server: AuthorizationServer, refreshToken: unknown): Promise<TokenAnswer> {
  const response = await server.handle(tokenRequest(server, refreshToken))
  return { status: response.status, body: (await response.json()) as TokenAnswer['body'] }
}

/** Uses a refresh token that must be accepted, and gives the one that the answer holds. */
export async function successorOf(server: AuthorizationServer, refreshToken: unknown): Promise<string> {
  const { status, body } = await redeem(server, refreshToken)
  if (status !== 200) throw new Error(`the refresh token was refused: ${JSON.stringify(body)}`)
  return String(body.refresh_token)
}

/** The outcome of every use of a refresh token so far. */
export function outcomes({ redemptions }: AuthorizationServer): string[] {
  return redemptions.map(({ outcome }) => outcome)
}

/** The status with which the protected resource answers whoever presents a token. */
export async function statusAtResource(server: AuthorizationServer, token?: unknown): Promise<number> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${String(token)}` }
  return (await server.handle(new Request(`${server.issuer}/resource`, { headers }))).status
}
