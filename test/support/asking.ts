import { defaultKind } from '../../src/core/token-kind.js'
import type { GrantContext, Granted } from '../../src/core/grant.js'
import { oauthClient, type ClientOptions } from '../../src/oauth/client.js'
import { refreshTokenGrant } from '../../src/oauth/refresh-token.js'
import { FakeEnvironment } from './fake-environment.js'
import { metadata } from './managed.js'

/** A request as `fetch` was given it. */
export interface Sent {
  readonly url: string
  readonly init: RequestInit
  readonly headers: Headers
  readonly body: URLSearchParams
}

/** What {@link ask} found out: the request, what came back, and whether the grant took its word back that it was sent. */
export interface Asked {
  readonly sent: Sent[]
  readonly granted: Granted | undefined
  readonly error: unknown
  readonly isTakenBack: boolean
}

/** Options of the grant, and the session it asks for. */
export type AskOptions = Partial<Omit<ClientOptions, 'environment' | 'scope'>> &
  Partial<Pick<GrantContext, 'refreshToken' | 'scope'>> & {
    readonly additionalParameters?: Readonly<Record<string, string>>
    readonly sending?: () => void
  }

/** Spends a refresh token once, against `answer`. */
export async function ask(
  answer: (sent: Sent) => Promise<Response> | Response,
  options: AskOptions = {},
): Promise<Asked> {
  const defaultSession = { refreshToken: 'refresh-1', scope: undefined }
  const { refreshToken, scope, sending, additionalParameters, ...clientOptions } = { ...defaultSession, ...options }
  const sent: Sent[] = []
  const environment = new FakeEnvironment(async (input, init = {}) => {
    const body = new URLSearchParams(String(init.body))
    const request = { url: String(input), init, headers: new Request(input, init).headers, body }
    sent.push(request)
    return answer(request)
  })
  const defaults = { metadata: () => Promise.resolve(metadata), clientId: 'client' }
  const client = oauthClient({ ...defaults, ...clientOptions, environment })
  let isTakenBack = false
  const context: GrantContext = {
    refreshToken,
    scope,
    kind: defaultKind,
    proofKey: undefined,
    client,
    now: () => environment.now(),
    sending() {
      sending?.()
      return () => (isTakenBack = true)
    },
  }
  const asked = Promise.resolve(context).then(refreshTokenGrant(additionalParameters))
  const outcome = await asked.then(
    (granted) => ({ granted, error: undefined }),
    (error: unknown) => ({ granted: undefined, error }),
  )
  return { sent, ...outcome, isTakenBack }
}

/** The request that {@link ask} makes when all goes well. */
export async function askedWith(options: AskOptions = {}): Promise<Sent> {
  const { sent, error } = await ask(() => Response.json({ access_token: 'access', token_type: 'Bearer' }), options)
  if (error) throw error
  const [request] = sent
  if (!request || sent.length > 1) throw new Error(`expected one request, found ${sent.length}`)
  return request
}
