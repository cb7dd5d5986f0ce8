import { randomBytes } from 'node:crypto'
import { ApiError, invalid, type Item } from './api-error.js'

const deviceCode = 'urn:ietf:params:oauth:grant-type:device_code'

/** Which grant types Okta allows each type of application, and which it must have. */
const grantTypesOf: Readonly<
  Record<string, { readonly valid: readonly string[]; readonly needed: readonly string[] }>
> = {
  browser: { valid: ['authorization_code', 'implicit', 'refresh_token'], needed: [] },
  native: {
    valid: ['authorization_code', 'implicit', 'password', 'refresh_token', deviceCode],
    needed: ['authorization_code'],
  },
  web: {
    valid: ['authorization_code', 'implicit', 'refresh_token', 'client_credentials'],
    needed: ['authorization_code'],
  },
}

interface Stored {
  app: Item
  readonly secret: string
  readonly groups: Item[]
}

/** OAuth clients as `/api/v1/apps` keeps them: replaced as a whole, with a secret that is shown when one is written. */
export class AppStore {
  readonly #apps = new Map<string, Stored>()

  list(): Item[] {
    return [...this.#apps.values()].map(({ app }) => structuredClone(app))
  }

  read(id: string): Item {
    return structuredClone(this.#stored(id).app)
  }

  groupsOf(id: string): Item[] {
    return this.#stored(id).groups
  }

  create(id: string, body: Item): Item {
    const clientId: string = body.credentials?.oauthClient?.client_id ?? id
    const stored = { app: {}, secret: randomBytes(30).toString('base64url'), groups: [] }
    const shown = this.#write(stored, body, { id, clientId, status: 'ACTIVE' })
    this.#apps.set(id, stored)
    return shown
  }

  replace(id: string, body: Item): Item {
    const stored = this.#stored(id)
    const { status, credentials, settings } = stored.app
    const kept = {
      id,
      clientId: credentials.oauthClient.client_id,
      status,
      refreshToken: settings.oauthClient.refresh_token,
    }
    return this.#write(stored, body, kept)
  }

  deactivate(id: string): void {
    this.#stored(id).app.status = 'INACTIVE'
  }

  /** What is not sent is as with a new app, but for the secret and the rotation of refresh tokens. */
  #write(stored: Stored, body: Item, kept: Item): Item {
    check(body)
    const client = body.settings.oauthClient
    const method = body.credentials.oauthClient.token_endpoint_auth_method ?? 'client_secret_basic'
    const usual = { rotation_type: client.application_type === 'browser' ? 'ROTATE' : 'STATIC', leeway: 30 }
    const refreshToken = { ...(kept.refreshToken ?? usual), ...client.refresh_token }
    const renews = client.grant_types.includes('refresh_token')
    stored.app = structuredClone({
      visibility: { autoSubmitToolbar: false, hide: { iOS: true, web: true } },
      ...body,
      ...{ id: kept.id, status: kept.status },
      credentials: {
        oauthClient: { autoKeyRotation: true, ...body.credentials.oauthClient, client_id: kept.clientId },
      },
      settings: {
        ...body.settings,
        oauthClient: {
          consent_method: 'TRUSTED',
          ...client,
          grant_types: [...client.grant_types].sort(),
          refresh_token: renews ? refreshToken : undefined,
        },
      },
    })
    const shown = structuredClone(stored.app)
    if (method !== 'none') shown.credentials.oauthClient.client_secret = stored.secret
    return shown
  }

  #stored(id: string): Stored {
    const stored = this.#apps.get(id)
    if (!stored) throw new ApiError(404, 'E0000007', `Not found: Resource not found: ${id} (AppInstance)`)
    return stored
  }
}

function check({ name, label, signOnMode, credentials, settings }: Item): void {
  if (name !== 'oidc_client' || signOnMode !== 'OPENID_CONNECT') throw invalid('signOnMode', 'Not of this stand-in')
  if (!label) throw invalid('label', 'The field cannot be left blank')
  if (!credentials?.oauthClient) throw invalid('credentials', 'The field cannot be left blank')
  const { application_type, grant_types, response_types, redirect_uris, refresh_token } = settings?.oauthClient ?? {}
  const { valid, needed } = grantTypesOf[application_type] ?? { valid: [], needed: [] }
  if (!grant_types?.every((type: string) => valid.includes(type))) throw invalid('grant_types', 'Not of this type')
  if (!needed.every((type) => grant_types.includes(type))) throw invalid('grant_types', `Must have ${needed}`)
  if (!response_types?.length) throw invalid('response_types', 'The field cannot be left blank')
  if (!redirect_uris?.length) throw invalid('redirect_uris', 'The field cannot be left blank')
  if (refresh_token) checkRotation(refresh_token)
}

function checkRotation({ rotation_type, leeway }: Item): void {
  if (!['ROTATE', 'STATIC'].includes(rotation_type)) throw invalid('rotation_type', 'ROTATE or STATIC')
  if (leeway !== undefined && !(leeway >= 0 && leeway <= 60)) throw invalid('leeway', 'From 0 to 60')
}
