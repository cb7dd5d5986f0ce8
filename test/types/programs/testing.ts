// A test of an app, with the authorization server of the package.
import { createTokenManager } from 'evergrant'
import {
  commonFaults,
  createAuthorizationServer,
  type AuthorizationServer,
  type AuthorizationServerOptions,
  type ClientRegistration,
  type Fault,
  type RotationPolicy,
} from 'evergrant/testing'

const rotation: RotationPolicy = 'strict'

export async function renewsInSpiteOf(fault: Fault): Promise<boolean> {
  const server = createAuthorizationServer({ rotation, accessTokenSeconds: 60 })
  const tokens = createTokenManager({
    issuer: server.issuer,
    clientId: 'client',
    fetch: (input, init) => server.handle(new Request(input, init)),
  })
  server.failNext(fault)
  const { refresh_token } = await server.signIn({ subject: 'alice' })
  await tokens.setTokens({ refresh_token })
  const accessToken = await tokens.getAccessToken()
  return server.inspect(accessToken)?.isUsable === true && server.redemptions.length > 0
}

export const names: string[] = Object.keys(commonFaults)

/** What is not set, such as a variable of the environment, may be passed on as it is. */
export function serverOf(issuer: string | undefined, secret: string | undefined): AuthorizationServer {
  const registration: ClientRegistration = { secret, redirectUris: undefined }
  const options: AuthorizationServerOptions = {
    issuer,
    clients: { app: registration },
    deviceCodeSeconds: undefined,
    authorize: undefined,
  }
  return createAuthorizationServer(options)
}
