import { mkdtemp, rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ClientMetadata, Configuration } from 'oidc-provider'
import { createApi } from './api.js'
import { startAuthorizationServer, type AuthorizationServer } from './authorization-server.js'
import { buildApp, type AppName } from './build-app.js'
import { signOutPage } from './interaction-pages.js'
import { closeServer, originOf, serveSite } from './site.js'

/** The example apps, running, with an authorization server and an API of their own. */
export interface Apps {
  readonly server: AuthorizationServer
  /** Where each is to be opened. */
  readonly urls: Readonly<Record<AppName, string>>
  close(): Promise<void>
}

const names = ['spa', 'react'] as const

/** Builds and serves them. Access tokens live so short that one sees them renewed. */
export async function startApps({ accessTokenSeconds = 15, graceSeconds = 30 } = {}): Promise<Apps> {
  const folder = await mkdtemp(join(tmpdir(), 'evergrant-apps-'))
  const sites = names.map((name) => serveSite(join(folder, name)))
  const [spa = '', react = ''] = await Promise.all(sites.map(originOf))
  const urls = { spa, react }
  const server = await startAuthorizationServer({
    accessTokenSeconds,
    graceSeconds,
    signIn: 'page',
    clients: names.map((name) => clientOf(`${name}-example`, urls[name])),
    configuration,
  })
  const api = createApi((accessToken) => server.inspect(accessToken))
  const servers: Server[] = [...sites, api]
  const close = async (): Promise<void> => {
    await Promise.all([...servers.map(closeServer), server.close()])
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const common = { VITE_ISSUER: server.issuer, VITE_API: await originOf(api) }
    await Promise.all(
      names.map((name) => buildApp(name, { ...common, VITE_CLIENT_ID: `${name}-example` }, join(folder, name))),
    )
    return { server, urls: { spa: `${spa}/`, react: `${react}/` }, close }
  } catch (error) {
    await close()
    throw error
  }
}

function clientOf(id: string, origin: string): ClientMetadata {
  return {
    client_id: id,
    redirect_uris: [`${origin}/callback`],
    post_logout_redirect_uris: [`${origin}/callback`],
    token_endpoint_auth_method: 'none',
  }
}

/** As many servers do: a refresh token for the asking, revocation, and a sign-out that asks no more questions. */
const configuration: Configuration = {
  issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
  expiresWithSession: async () => false,
  features: {
    devInteractions: { enabled: false },
    revocation: { enabled: true, allowedPolicy: async (_ctx, client, token) => token.clientId === client.clientId },
    rpInitiatedLogout: { enabled: true, logoutSource: signOutPage },
  },
}
