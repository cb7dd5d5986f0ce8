import * as oauth from 'oauth4webapi'

/** An application as it is registered with the server. */
export interface Application {
  readonly issuer: string
  readonly clientId: string
  readonly redirectUri: string
  /** How a web client authenticates. A page cannot. */
  readonly auth?: oauth.ClientAuth
}

/** A sign-in that has begun: where to send the user, and what to remember until the user comes back. */
export interface PendingSignIn {
  readonly url: string
  readonly verifier: string
  readonly state: string
}

/** The server of the demo is on this machine, where plain http is all right. */
const http = { [oauth.allowInsecureRequests]: true }

/** Begins an authorization code flow with PKCE (RFC 6749 section 4.1, RFC 7636). */
export async function beginSignIn(application: Application): Promise<PendingSignIn> {
  const { clientId, redirectUri } = application
  const server = await discover(application)
  const verifier = oauth.generateRandomCodeVerifier()
  const state = oauth.generateRandomState()
  const parameters = new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: 'openid offline_access',
    prompt: 'consent',
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  })
  return { url: `${server.authorization_endpoint}?${parameters}`, verifier, state }
}

/** Finishes it: changes the code that came with the user for tokens. */
export async function finishSignIn(
  application: Application,
  { verifier, state }: PendingSignIn,
  callback: URL,
): Promise<oauth.TokenEndpointResponse> {
  const { clientId, redirectUri, auth = oauth.None() } = application
  const server = await discover(application)
  const client: oauth.Client = { client_id: clientId, id_token_signed_response_alg: 'ES256' }
  const code = oauth.validateAuthResponse(server, client, callback, state)
  const response = await oauth.authorizationCodeGrantRequest(server, client, auth, code, redirectUri, verifier, http)
  return oauth.processAuthorizationCodeResponse(server, client, response, { requireIdToken: true })
}

async function discover({ issuer }: Application): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer)
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url, http))
}
