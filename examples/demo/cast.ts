import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as oauth from 'oauth4webapi'
import type { ClientMetadata } from 'oidc-provider'
import { startApps, type Apps } from './apps.js'
import { startAuthorizationServer, type AuthorizationServer } from './authorization-server.js'
import { bundle } from './bundle.js'
import { ServiceProcess } from './service-process.js'
import { signIn } from './sign-in.js'
import type { Tally } from './tally.js'
import { startWebServer, type WebServer } from './web-server.js'

export const accessTokenSeconds = 12
export const graceSeconds = 30

/** Full of characters that HTTP Basic cannot carry as they are (RFC 6749 section 2.3.1). */
const secret = `:/+%&= "'<>?#@[]{}|~^$,;!*()%41-._`

/** All who take part in the demo. */
export interface Cast {
  /** Of the page. */
  readonly url: string
  /** Of the example apps. */
  readonly apps: Apps['urls']
  /** Kills the service now. */
  killService(): void
  /** Kills the service at the worst moment: the server has just replaced its refresh token, and it does not know yet. */
  killServiceWhenItRenews(): void
  end(): Promise<void>
}

/**
 * Starts an authorization server, the server of the page and the service, and signs in to the service. The example apps
 * run beside them, on an authorization server of their own, where they disturb no count.
 */
export async function startCast(tally: Tally): Promise<Cast> {
  const folder = await mkdtemp(join(tmpdir(), 'evergrant-demo-'))
  const ends: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })]
  const end = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end()
  }
  try {
    const apps = await startApps({ graceSeconds })
    ends.push(() => apps.close())
    return { ...(await start(tally, folder, ends)), apps: apps.urls, end }
  } catch (error) {
    await end()
    throw error
  }
}

async function start(tally: Tally, folder: string, ends: (() => Promise<void>)[]): Promise<Omit<Cast, 'apps' | 'end'>> {
  const programs = await bundle(folder)
  let isKillPlanned = false
  const kill = (when: string): void => {
    if (!service.kill()) return
    tally.service.interruptions++
    tally.note('service', `kill -9 ${when}`)
  }

  const web: WebServer = await startWebServer(programs.page, {
    settings: () => ({ issuer: server.issuer, clientId: tally.page.id, accessTokenSeconds }),
    authorize: async (token, askedAt) => tally.takeCall(await server.inspect(token), askedAt),
    onReport: (name, report) => tally.takeReport(tally.page, name, report),
  })
  ends.push(() => web.close())

  const redirectUri = `${web.url}callback`
  const server: AuthorizationServer = await startAuthorizationServer({
    accessTokenSeconds,
    graceSeconds,
    clients: [publicClient(tally.page.id, web.url), webClient(tally.service.id, redirectUri)],
    onTokenRequest: (request) => tally.takeRequest(request),
    onRotation(clientId) {
      if (clientId !== tally.service.id || !isKillPlanned) return
      isKillPlanned = false
      kill('while the server answers its request to renew')
    },
  })
  ends.push(() => server.close())

  const client = { issuer: server.issuer, clientId: tally.service.id }
  const service: ServiceProcess = new ServiceProcess({
    program: programs.service,
    settings: {
      ...client,
      secret,
      file: join(folder, 'session.json'),
      api: `${web.url}api`,
      signIn: await signIn({ ...client, redirectUri, auth: oauth.ClientSecretBasic(secret) }),
    },
    onReport: (name, report) => tally.takeReport(tally.service, name, report),
    onCrash: (name) =>
      tally.takeReport(tally.service, name, { type: 'failedCall', text: 'the process ended by itself' }),
  })
  ends.push(() => service.end())

  return {
    url: web.url,
    killService: () => kill('at any moment'),
    killServiceWhenItRenews: () => void (isKillPlanned = true),
  }
}

function publicClient(id: string, redirectUri: string): ClientMetadata {
  return { client_id: id, redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' }
}

function webClient(id: string, redirectUri: string): ClientMetadata {
  return { client_id: id, redirect_uris: [redirectUri], client_secret: secret }
}
