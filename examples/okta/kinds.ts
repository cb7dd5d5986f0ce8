import type { JsonObject } from './okta-api.js'

export type Kind = 'spa' | 'web' | 'tv'
export type Rotation = 'rotate' | 'static'

/** How an application and its tokens have to be. */
export interface Wish {
  readonly kind: Kind
  readonly label: string
  readonly redirectUris: readonly string[]
  readonly rotation: Rotation
  /** How long a refresh token that was used is accepted again, 0 to 60. */
  readonly graceSeconds: number
  readonly lifetimes: Lifetimes
}

export interface Lifetimes {
  readonly accessMinutes: number
  /** Counts from the sign-in; 0 for no end. */
  readonly refreshMinutes: number
  /** A refresh token that nobody uses for so long has ended. */
  readonly idleMinutes: number
}

/** What makes a kind of application, and what it gets unless somebody says otherwise. */
export interface KindOfApp {
  readonly applicationType: string
  readonly client: JsonObject
  /** How its users sign in. */
  readonly signIn: string
  readonly rotation: Rotation
  readonly lifetimes: Lifetimes
}

const hour = 60
const day = 24 * hour
const deviceCode = 'urn:ietf:params:oauth:grant-type:device_code'

export const kinds: Readonly<Record<Kind, KindOfApp>> = {
  /** What lies in a browser may be stolen, so it lives short. */
  spa: {
    applicationType: 'browser',
    client: { token_endpoint_auth_method: 'none', pkce_required: true },
    signIn: 'authorization_code',
    rotation: 'rotate',
    lifetimes: { accessMinutes: 15, refreshMinutes: day, idleMinutes: 8 * hour },
  },
  web: {
    applicationType: 'web',
    client: { token_endpoint_auth_method: 'client_secret_basic' },
    signIn: 'authorization_code',
    rotation: 'static',
    lifetimes: { accessMinutes: hour, refreshMinutes: 0, idleMinutes: 7 * day },
  },
  /** Some are switched off for a whole season, and nobody likes to sign in with a remote control. */
  tv: {
    applicationType: 'native',
    client: { token_endpoint_auth_method: 'none', pkce_required: true },
    signIn: deviceCode,
    rotation: 'static',
    lifetimes: { accessMinutes: hour, refreshMinutes: 0, idleMinutes: 90 * day },
  },
}

/** The members of an app in `/api/v1/apps` that matter here. */
export function appFor({ kind, label, redirectUris, rotation, graceSeconds }: Wish): JsonObject {
  const { applicationType, client, signIn } = kinds[kind]
  // Okta demands the code grant of native apps, too. The rule of the access policy is what keeps it from giving tokens.
  const grantTypes = [...new Set(['authorization_code', signIn, 'refresh_token'])]
  return {
    name: 'oidc_client',
    label,
    signOnMode: 'OPENID_CONNECT',
    credentials: { oauthClient: client },
    settings: {
      oauthClient: {
        application_type: applicationType,
        grant_types: grantTypes,
        response_types: ['code'],
        redirect_uris: redirectUris,
        post_logout_redirect_uris: kind === 'tv' ? undefined : redirectUris,
        refresh_token:
          rotation === 'rotate' ? { rotation_type: 'ROTATE', leeway: graceSeconds } : { rotation_type: 'STATIC' },
      },
    },
  }
}

/** The rule of an access policy: who gets tokens how, and how long these live. */
export function ruleFor({ kind, label, lifetimes }: Wish): JsonObject {
  const { accessMinutes, refreshMinutes, idleMinutes } = lifetimes
  return {
    type: 'RESOURCE_ACCESS',
    name: label,
    status: 'ACTIVE',
    priority: 1,
    conditions: {
      people: { groups: { include: ['EVERYONE'] } },
      grantTypes: { include: [kinds[kind].signIn] },
      scopes: { include: ['*'] },
    },
    actions: {
      token: {
        accessTokenLifetimeMinutes: accessMinutes,
        refreshTokenLifetimeMinutes: refreshMinutes,
        refreshTokenWindowMinutes: idleMinutes,
      },
    },
  }
}
