import type { AuthorizationServerOptions } from './authorization-server.js'
import { commonFaults, type Fault } from './faults.js'
import {
  adding,
  auth0,
  doorkeeper,
  entra,
  github,
  google,
  hubspot,
  keycloak,
  linkedin,
  okta,
  salesforce,
  slack,
} from './persona-dialects.js'
import {
  answering,
  entraThrottling,
  lostAnswer,
  noTrouble,
  oktaLimits,
  oktaNonce,
  somebodyElse,
  unavailable,
  type Troubles,
} from './persona-troubles.js'

/** How a server that one may meet behaves. */
export interface Persona {
  /** For `createAuthorizationServer()`: spread them, and add what is yours. */
  readonly options: AuthorizationServerOptions
  /** What it sometimes does that says nothing against the session, for `failNext()`. `now` in milliseconds since 1970. */
  readonly troubles: (now: number) => readonly Fault[]
  /** How it ends a session, where that is not by refusing a refresh token; for `failNext()`. */
  readonly end?: Fault
}

/** The names of the {@link personas}. */
export type PersonaName =
  | ('oktaStatic' | 'oktaRotating' | 'oktaStrict' | 'oktaWeb' | 'oktaDpop' | 'oktaLimited')
  | ('google' | 'entraSpa' | 'auth0' | 'keycloak' | 'salesforce' | 'github' | 'gitlab' | 'slack' | 'hubspot')
  | ('shopify' | 'linkedin' | 'loadBalancer' | 'droppedConnections' | 'fastClock' | 'slowClock')
  | ('otherSubject' | 'rawBasic' | 'manyResources' | 'television')

const day = 86_400
const grace = { rotation: { graceSeconds: 30 } }
const secret = 'the secret of the client'
const webClient = { clients: { client: { secret } } }
/** HTTP Basic carries some of its characters in one way when they are encoded and in another when they are not. */
const oddSecret = 'a+b/c=d%20e~f'

/** Servers with habits: how they rotate and for how long, what they say in words of their own, and what befalls them. */
export const personas: Readonly<Record<PersonaName, Persona>> = {
  oktaStatic: { options: { rotation: 'none', dialect: okta }, troubles: unavailable },
  oktaRotating: { options: { ...grace, dialect: okta }, troubles: lostAnswer },
  oktaStrict: { options: { rotation: 'strict', dialect: okta }, troubles: unavailable },
  oktaWeb: { options: { rotation: 'none', dialect: okta, ...webClient }, troubles: unavailable },
  oktaDpop: {
    options: { ...grace, dialect: adding({ token_type: 'DPoP' }, okta), fault: oktaNonce },
    troubles: lostAnswer,
  },
  oktaLimited: { options: { ...grace, dialect: okta }, troubles: oktaLimits },
  google: {
    options: { rotation: 'omit', dialect: google, ...webClient },
    troubles: () => [answering(500, { error: 'internal_failure' })],
  },
  entraSpa: {
    options: {
      // Each use brings another, and the old ones stay good.
      rotation: { graceSeconds: Infinity },
      siblings: true,
      accessTokenSeconds: 4500,
      refreshTokenSeconds: day,
      dialect: entra,
    },
    troubles: entraThrottling,
  },
  auth0: {
    options: { rotation: { graceSeconds: 10 }, siblings: true, accessTokenSeconds: day, dialect: auth0 },
    troubles: () => [
      { type: 'drop-response' },
      answering(429, { error: 'too_many_requests' }, { 'retry-after': '10' }),
    ],
  },
  keycloak: { options: { rotation: 'strict', accessTokenSeconds: 60, dialect: keycloak }, troubles: unavailable },
  salesforce: {
    options: { rotation: 'none', accessTokenSeconds: 7200, dialect: salesforce },
    troubles: () => [
      answering(400, { error: 'invalid_grant', error_description: 'token request is already being processed' }),
    ],
  },
  github: {
    options: {
      rotation: 'strict',
      reuseRevokes: false,
      accessTokenSeconds: 28_800,
      onlyNewestAccessToken: true,
      refreshTokenSeconds: 184 * day,
      dialect: github,
      ...webClient,
    },
    troubles: () => [answering(502, '<html><title>Unicorn! &middot; GitHub</title></html>')],
  },
  gitlab: {
    options: { rotation: 'strict', accessTokenSeconds: 7200, onlyNewestAccessToken: true, dialect: doorkeeper },
    troubles: () => [answering(429, 'Retry later\n', { 'retry-after': '60' })],
  },
  slack: {
    options: { rotation: 'strict', accessTokenSeconds: 43_200, dialect: slack, ...webClient },
    troubles: () => [
      answering(200, { ok: false, error: 'internal_error' }),
      answering(429, { ok: false, error: 'ratelimited' }, { 'retry-after': '30' }),
    ],
  },
  hubspot: {
    options: {
      rotation: 'none',
      accessTokenSeconds: 1800,
      dialect: hubspot,
      clients: { client: { secret, authMethod: 'client_secret_post' } },
    },
    troubles: () => [answering(429, { status: 'error', errorType: 'RATE_LIMIT', policyName: 'SECONDLY' })],
  },
  shopify: {
    options: {
      rotation: 'until-child-used',
      refreshTokenSeconds: 90 * day,
      dialect: adding({ refresh_token_expires_in: 90 * day }, (answer) => answer),
    },
    troubles: lostAnswer,
  },
  linkedin: {
    options: {
      rotation: 'none',
      accessTokenSeconds: 60 * day,
      refreshTokenSeconds: 365 * day,
      dialect: linkedin,
      ...webClient,
    },
    troubles: unavailable,
  },
  loadBalancer: { options: grace, troubles: gateway() },
  droppedConnections: { options: grace, troubles: lostAnswer },
  fastClock: { options: { rotation: 'strict', clockOffsetMs: 600_000 }, troubles: unavailable },
  slowClock: { options: { rotation: 'strict', clockOffsetMs: -600_000 }, troubles: unavailable },
  otherSubject: { options: { rotation: 'strict' }, troubles: noTrouble, end: somebodyElse },
  rawBasic: {
    options: { rotation: 'none', clients: { client: { secret: oddSecret, decodesBasic: false } } },
    troubles: unavailable,
  },
  manyResources: { options: { rotation: 'strict' }, troubles: unavailable },
  television: { options: { rotation: 'none', dialect: okta }, troubles: unavailable },
}

/** What stands before many servers, and speaks in pages. */
function gateway(): Troubles {
  const page = (status: number, title: string): Fault => answering(status, `<html><h1>${status} ${title}</h1></html>`)
  return () => [page(502, 'Bad Gateway'), commonFaults.unavailable(20), page(504, 'Gateway Time-out')]
}
