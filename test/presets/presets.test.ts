import { createTokenManager, createTokenPool, isEvergrantError } from 'evergrant'
import * as presets from 'evergrant/presets'
import { describe, expect, test } from 'vitest'
import { idTokenCheck } from '../../src/oauth/id-token.js'
import { ask } from '../support/asking.js'
import { idToken } from '../support/id-tokens.js'

const { atlassian, auth0, cognito, entra, github, gitlab, google, hubspot, keycloak, okta } = presets
const { salesforce, slack, strava, twitter, zoho, zoom } = presets
type Preset = presets.ServerPreset

describe('the issuer', () => {
  test.each<[string, Preset, string]>([
    ['Okta, the organization', okta({ domain: 'acme.okta.com' }), 'https://acme.okta.com'],
    [
      'Okta, a custom authorization server',
      okta({ domain: 'https://login.acme.com/', authorizationServer: 'default' }),
      'https://login.acme.com/oauth2/default',
    ],
    ['Auth0', auth0({ domain: 'acme.eu.auth0.com' }), 'https://acme.eu.auth0.com/'],
    ['Google', google(), 'https://accounts.google.com'],
    [
      'Keycloak',
      keycloak({ url: 'https://id.example.com', realm: 'my realm' }),
      'https://id.example.com/realms/my%20realm',
    ],
    [
      'Keycloak of old',
      keycloak({ url: 'https://id.example.com/auth/', realm: 'r' }),
      'https://id.example.com/auth/realms/r',
    ],
    [
      'Cognito',
      cognito({ userPoolId: 'eu-west-1_AbC123' }),
      'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC123',
    ],
    [
      'Cognito in China',
      cognito({ userPoolId: 'cn-north-1_AbC123' }),
      'https://cognito-idp.cn-north-1.amazonaws.com.cn/cn-north-1_AbC123',
    ],
    ['GitLab', gitlab(), 'https://gitlab.com'],
    ["GitLab of one's own", gitlab({ url: 'https://git.example.com/gitlab' }), 'https://git.example.com/gitlab'],
    ['Salesforce', salesforce(), 'https://login.salesforce.com'],
    ['Salesforce, My Domain', salesforce({ domain: 'acme.my.salesforce.com' }), 'https://acme.my.salesforce.com'],
    ['GitHub', github(), 'https://github.com/login/oauth'],
    ["GitHub of one's own", github({ url: 'https://git.example.com' }), 'https://git.example.com/login/oauth'],
    ['Zoho in Europe', zoho({ domain: 'zoho.eu' }), 'https://accounts.zoho.eu/oauth/v2'],
  ])('of %s', (_, { issuer, metadata }, expected) => {
    expect(metadata?.issuer ?? issuer).toBe(expected)
  })

  test.each<[string, () => Preset]>([
    ['no domain', () => okta({ domain: '' })],
    ['a sentence', () => auth0({ domain: 'my own domain' })],
    ['a URL with a query', () => keycloak({ url: 'https://id.example.com?x=1', realm: 'r' })],
    ['a URL with a fragment', () => gitlab({ url: 'https://git.example.com/#x' })],
    ['no id of a user pool', () => cognito({ userPoolId: 'AbC123' })],
    ['an id with more in it', () => cognito({ userPoolId: 'eu-west-1_a.evil.example/x' })],
  ])('cannot be made of %s', (_, make) => {
    expect(make).toThrow(expect.objectContaining({ code: 'misconfigured' }))
  })
})

test('every preset fits both a manager and a pool, and all its endpoints are secure', () => {
  const scope = 'openid offline_access'
  const all: Preset[] = [
    ...[okta({ domain: 'acme.okta.com', scope }), auth0({ domain: 'acme.auth0.com' }), google(), gitlab()],
    ...[keycloak({ url: 'id.example.com', realm: 'r' }), cognito({ userPoolId: 'eu-west-1_AbC123' }), salesforce()],
    ...[
      entra({ tenant: 'common', scope }),
      github(),
      slack(),
      hubspot(),
      atlassian(),
      twitter(),
      strava(),
      zoho(),
      zoom(),
    ],
  ]
  const functions = Object.values(presets).filter((exported) => typeof exported === 'function')
  expect(all).toHaveLength(functions.length)
  for (const preset of all) {
    const options = { ...preset, clientId: 'client', autoRenew: false, fetch: () => Promise.reject(new Error('no')) }
    createTokenManager(options).dispose()
    void createTokenPool(options).dispose()
    const endpoints = Object.entries(preset.metadata ?? {}).filter(([name]) => name.endsWith('_endpoint'))
    for (const [, url] of endpoints) expect(url).toMatch(/^https:\/\/[a-z.]+\/[\w/.]+$/)
  }
})

describe('Q-Entra the directory', () => {
  const tid = '8f3c6a52-0000-4000-8000-000000000000'
  const iss = `https://login.microsoftonline.com/${tid}/v2.0`
  const judge = (tenant: string, claims: object) => {
    const { metadata } = entra({ tenant, scope: 'openid' })
    return idTokenCheck(metadata?.issuer, 'client')(idToken({ iss, ...claims }), undefined, Date.UTC(2026, 0, 1))
  }

  test.each(['common', 'organizations', 'consumers', 'acme.onmicrosoft.com'])(
    'P-110 %s takes the ID tokens of the directory that they name themselves, and of no other place',
    (tenant) => {
      expect(judge(tenant, { tid })).toMatchObject({ identity: { iss } })
      for (const claims of [{}, { tid: 'another' }, { tid, iss: 'https://evil.example/' }, { tid, iss: `${iss}/x` }]) {
        expect(judge(tenant, claims)).toMatchObject({ someoneElse: true })
      }
    },
  )

  test('P-110 one that is known by its id takes its own alone', () => {
    expect(judge(tid.toUpperCase(), { tid })).toMatchObject({ identity: { iss } })
    const other = '11111111-0000-4000-8000-000000000000'
    expect(judge(other, { tid })).toMatchObject({ someoneElse: true })
  })

  test('is where the endpoints are', () => {
    const { metadata } = entra({
      tenant: 'acme.onmicrosoft.com',
      scope: 'openid',
      authority: 'login.partner.microsoftonline.cn',
    })
    const base = 'https://login.partner.microsoftonline.cn/acme.onmicrosoft.com/oauth2/v2.0'
    expect(metadata).toMatchObject({
      token_endpoint: `${base}/token`,
      device_authorization_endpoint: `${base}/devicecode`,
    })
  })
})

const loop = { error: 'invalid_grant', error_codes: [50196], error_description: 'AADSTS50196: a loop' }
const inUse = 'token request is already being processed'
const limits = { error_description: 'You have made too many requests continuously.', error: 'Access Denied' }
const stravaSays = (resource: string, field: string) => ({
  message: 'Bad Request',
  errors: [{ resource, field, code: 'invalid' }],
})
const entraPreset = entra({ tenant: 'common', scope: 'openid' })
const entraSays = (suberror?: string) => ({ error: 'invalid_grant', error_codes: [50076], suberror })

/** Who says what, with which status, and what it means. */
const words: readonly [string, Preset, unknown, number, string, string?][] = [
  ['Q-GitHub', github(), { error: 'bad_refresh_token' }, 200, 'login_required', 'invalid_grant'],
  ['Q-GitHub', github(), { error: 'bad_verification_code' }, 200, 'login_required', 'invalid_grant'],
  ['Q-GitHub', github(), { error: 'incorrect_client_credentials' }, 200, 'misconfigured', 'invalid_client'],
  ['Q-GitHub', github(), { error: 'unverified_user_email' }, 200, 'misconfigured', 'unverified_user_email'],
  ['Q-Slack', slack(), { ok: false, error: 'invalid_refresh_token' }, 200, 'login_required', 'invalid_grant'],
  ['Q-Slack', slack(), { ok: false, error: 'bad_client_secret' }, 200, 'misconfigured', 'invalid_client'],
  ['Q-Slack', slack(), { ok: false, error: 'service_unavailable' }, 200, 'unavailable'],
  ['Q-Slack', slack(), { ok: false, error: 'fatal_error' }, 200, 'unavailable'],
  ['Q-Slack', slack(), { ok: false, error: 'invalid_scope' }, 200, 'misconfigured', 'invalid_scope'],
  ['Q-HubSpot', hubspot(), { status: 'BAD_REFRESH_TOKEN', message: 'missing' }, 400, 'login_required', 'invalid_grant'],
  [
    'Q-HubSpot',
    hubspot(),
    { status: 'BAD_REFRESH_TOKEN', error: 'invalid_request' },
    400,
    'login_required',
    'invalid_grant',
  ],
  ['Q-HubSpot', hubspot(), { error: 'invalid_grant' }, 400, 'login_required', 'invalid_grant'],
  ['Q-HubSpot', hubspot(), { status: 'BAD_CLIENT_SECRET' }, 400, 'misconfigured', 'invalid_client'],
  ['Q-HubSpot', hubspot(), { status: 'error', category: 'VALIDATION_ERROR' }, 400, 'misconfigured'],
  ['Q-Salesforce', salesforce(), { error: 'invalid_grant', error_description: inUse }, 400, 'unavailable'],
  [
    'Q-Salesforce',
    salesforce(),
    { error: 'invalid_grant', error_description: `T${inUse.slice(1)}.` },
    400,
    'unavailable',
  ],
  [
    'Q-Salesforce',
    salesforce(),
    { error: 'invalid_grant', error_description: 'expired access/refresh token' },
    ...([400, 'login_required', 'invalid_grant'] as const),
  ],
  ['Q-EntraErr', entraPreset, loop, 400, 'unavailable', 'temporarily_unavailable'],
  ['Q-EntraErr', entraPreset, { ...loop, error_codes: 50196 }, 400, 'unavailable', 'temporarily_unavailable'],
  ['Q-EntraErr', entraPreset, entraSays('basic_action'), 400, 'login_required', 'interaction_required'],
  ['Q-EntraErr', entraPreset, entraSays('consent_required'), 400, 'login_required', 'interaction_required'],
  ['Q-EntraErr', entraPreset, entraSays('bad_token'), 400, 'login_required', 'invalid_grant'],
  ['Q-EntraErr', entraPreset, entraSays(), 400, 'login_required', 'invalid_grant'],
  [
    'Q-EntraErr',
    entraPreset,
    { error: 'invalid_request', error_codes: [9002327] },
    400,
    'misconfigured',
    'invalid_request',
  ],
  ['Q-Atlassian', atlassian(), atlassianSays('refresh_token is invalid'), 403, 'login_required', 'invalid_grant'],
  ['Q-Atlassian', atlassian(), atlassianSays('grant type not allowed'), 403, 'misconfigured', 'unauthorized_client'],
  ['Q-Atlassian', atlassian(), { error: 'invalid_grant' }, 403, 'login_required', 'invalid_grant'],
  ['Q-X Q-Wrong', twitter(), xSays('Value passed for the token was invalid.'), 400, 'login_required', 'invalid_grant'],
  ['Q-X Q-Wrong', twitter(), xSays('Missing required parameter [client_id].'), 400, 'misconfigured', 'invalid_request'],
  ['Q-Strava', strava(), stravaSays('RefreshToken', 'refresh_token'), 400, 'login_required', 'invalid_grant'],
  ['Q-Strava', strava(), stravaSays('Application', 'client_secret'), 400, 'misconfigured', 'invalid_client'],
  ['Q-Strava', strava(), { message: 'Bad Request', errors: 'none' }, 400, 'misconfigured'],
  ['Q-Zoho', zoho(), { error: 'invalid_code' }, 200, 'login_required', 'invalid_grant'],
  ['Q-Zoho', zoho(), limits, 400, 'unavailable'],
  ['Q-Zoho', zoho(), limits, 200, 'unavailable'],
  ['Q-Zoho', zoho(), { error: 'invalid_client' }, 200, 'misconfigured', 'invalid_client'],
  ['Q-Zoom', zoom(), { reason: 'Invalid Token!', error: 'invalid_request' }, 400, 'login_required', 'invalid_grant'],
  ['Q-Zoom', zoom(), { reason: 'Internal Error', error: 'invalid_request' }, 400, 'misconfigured', 'invalid_request'],
]

function atlassianSays(error_description: string) {
  return { error: 'unauthorized_client', error_description }
}

function xSays(error_description: string) {
  return { error: 'invalid_request', error_description }
}

async function refusedBy({ mapResponse, mapError }: Preset, body: unknown, status: number) {
  const { error } = await ask(() => Response.json(body, { status }), { mapResponse, mapError })
  return isEvergrantError(error) ? error : new Error('it was not refused')
}

const sayings = words.map(
  (row) => [`${row[0]} what ${JSON.stringify(row[2])} with status ${row[3]} means`, row] as const,
)

test.each(sayings)('%s', async (_, [, preset, body, status, code, error]) => {
  expect(await refusedBy(preset, body, status)).toMatchObject({ code, ...(error && { error }) })
})

test('P-072 no preset takes an overload or a proxy for the end of a session', async () => {
  for (const [, preset, body] of words) {
    for (const status of [429, 500, 502, 503]) {
      expect(await refusedBy(preset, body, status)).toMatchObject({ code: 'unavailable', status })
    }
  }
})

test('Q-Zoho ten minutes pass before it is asked again', async () => {
  const retryAt = Date.UTC(2026, 0, 1) + 600_000
  expect(await refusedBy(zoho(), limits, 400)).toMatchObject({ retryAt })
})

describe('Q-Slack the answer to a sign-in', () => {
  const bot = {
    access_token: 'xoxe.xoxb-1',
    refresh_token: 'xoxe-b',
    expires_in: 43_200,
    scope: 'chat:write',
    token_type: 'bot',
  }
  const user = {
    access_token: 'xoxe.xoxp-1',
    refresh_token: 'xoxe-p',
    expires_in: 43_200,
    scope: 'search:read',
    token_type: 'user',
  }
  const both = { ok: true, ...bot, authed_user: { id: 'U1', ...user } }

  test('holds the tokens of the bot', () => {
    expect(slack().mapResponse?.(both, 200)).toEqual({ token_type: 'Bearer' })
  })

  test('holds those of the user beside them', () => {
    expect(slack({ tokens: 'user' }).mapResponse?.(both, 200)).toEqual({ ...user, token_type: 'Bearer' })
    expect(slack({ tokens: 'user' }).mapResponse?.({ ok: true, ...user }, 200)).toEqual({ token_type: 'Bearer' })
  })

  test('never gives the refresh token of the bot to the user', () => {
    const withoutRotation = { ...both, authed_user: { id: 'U1', access_token: 'xoxp-1' } }
    expect(slack({ tokens: 'user' }).mapResponse?.(withoutRotation, 200)).toMatchObject({
      access_token: 'xoxp-1',
      refresh_token: null,
      expires_in: null,
    })
  })

  test('says nothing new when it was understood already', () => {
    for (const tokens of ['bot', 'user'] as const) {
      const { mapResponse } = slack({ tokens })
      const once = { ...both, ...mapResponse?.(both, 200) }
      expect({ ...once, ...mapResponse?.(once, 200) }).toEqual(once)
    }
  })
})
