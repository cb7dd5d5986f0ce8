import { clientSecretPost, type AnswerMapping } from 'evergrant'
import { auth0, github, hubspot, keycloak, slack, strava } from 'evergrant/presets'
import { describe, expect, it } from 'vitest'
import type { EvergrantError } from '../../src/core/errors.js'
import { oauthClient } from '../../src/oauth/client.js'
import { ask } from '../support/asking.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { metadata } from '../support/managed.js'

const ofKeycloak = keycloak({ url: 'https://id.example.com', realm: 'r' })
const ofAuth0 = auth0({ domain: 'acme.eu.auth0.com' })

const secret = (isRefused: boolean): string => (isRefused ? 'new' : 'old')

/** Asks a server for tokens that is understood by `mapping`, and refuses all but the new secret by `answer`. */
async function askWithOldSecret({ mapResponse, mapError }: AnswerMapping, answer: object, status: number) {
  const { sent, error, granted } = await ask(
    ({ body }) =>
      body.get('client_secret') === 'new'
        ? Response.json({ ok: true, access_token: 'access', token_type: 'Bearer' })
        : Response.json(answer, { status }),
    { mapResponse, mapError, clientAuth: clientSecretPost(secret) },
  )
  const failure = error as EvergrantError | undefined
  return { secrets: sent.map(({ body }) => body.get('client_secret')), failure, granted }
}

describe('P-029 a secret is asked for once more when a server says in words of its own that it was wrong', () => {
  const application = { resource: 'Application', field: 'client_secret', code: 'invalid' }
  const words = 'Invalid client or Invalid client credentials'
  it.each<[string, AnswerMapping, number, object]>([
    ['Q-GitHub', github(), 200, { error: 'incorrect_client_credentials' }],
    ['Q-Slack', slack(), 200, { ok: false, error: 'bad_client_secret' }],
    ['Q-HubSpot', hubspot(), 400, { status: 'BAD_CLIENT_SECRET', message: 'missing or invalid client secret' }],
    ['Q-Strava', strava(), 401, { message: 'Bad Request', errors: [application] }],
    ['Keycloak', ofKeycloak, 401, { error: 'unauthorized_client', error_description: words }],
    ['Auth0', ofAuth0, 401, { error: 'access_denied', error_description: 'Unauthorized' }],
    ['a server that knows one status', {}, 200, { error: 'invalid_client' }],
  ])('%s', async (_who, preset, status, answer) => {
    const { secrets, granted } = await askWithOldSecret(preset, answer, status)
    expect(secrets).toEqual(['old', 'new'])
    expect(granted?.response.access_token).toBe('access')
  })
})

describe('P-029 a secret is not asked for once more when a server says something else', () => {
  const reason = { error: 'access_denied', error_description: 'Your company is blocked.' }
  it.each<[string, AnswerMapping, number, object, string]>([
    ['Keycloak, this grant', ofKeycloak, 400, { error: 'unauthorized_client' }, 'misconfigured'],
    ['Keycloak, the session', ofKeycloak, 400, { error: 'invalid_grant' }, 'login_required'],
    ['Auth0, the user', ofAuth0, 403, { error: 'access_denied', error_description: 'Unauthorized' }, 'denied'],
    ['Auth0, an Action', ofAuth0, 401, reason, 'denied'],
    ['Auth0, the session', ofAuth0, 403, { error: 'invalid_grant' }, 'login_required'],
    [
      'a server whose word for it means another thing',
      { mapError: () => ({ error: 'server_error' }) },
      ...([400, { error: 'invalid_client' }, 'unavailable'] as const),
    ],
  ])('%s', async (_who, preset, status, answer, code) => {
    const { secrets, failure } = await askWithOldSecret(preset, answer, status)
    expect(secrets).toEqual(['old'])
    expect(failure?.code).toBe(code)
  })
})

describe('a mapping that sees refusals of the client', () => {
  const mapError = () => ({ error: 'invalid_client' })
  const broken = (): never => {
    throw new Error('broken')
  }

  it('P-029 is not asked about answers with tokens, whatever they are called', async () => {
    const plain = await askWithOldSecret({ mapError }, { access_token: 'first' }, 200)
    expect([plain.secrets, plain.granted?.response.access_token]).toEqual([['old'], 'first'])
    const mapResponse: AnswerMapping['mapResponse'] = ({ token }) => ({ access_token: token })
    const renamed = await askWithOldSecret({ mapResponse, mapError }, { token: 'first' }, 200)
    expect([renamed.secrets, renamed.granted?.response.access_token]).toEqual([['old'], 'first'])
  })

  it('P-029 says nothing when it throws', async () => {
    const silent = await askWithOldSecret({ mapError: broken }, { error: 'other' }, 400)
    expect(silent.secrets).toEqual(['old'])
    expect(silent.failure?.code).toBe('misconfigured')
    const standard = await askWithOldSecret({ mapError: broken }, { error: 'invalid_client' }, 401)
    expect(standard.secrets).toEqual(['old', 'new'])
    const granted = await askWithOldSecret({ mapResponse: broken, mapError }, { access_token: 'first' }, 200)
    expect(granted.secrets).toEqual(['old'])
  })

  it('P-029 sees them at other endpoints, too', async () => {
    const secrets: (string | null)[] = []
    const environment = new FakeEnvironment((_url, init) => {
      secrets.push(new URLSearchParams(String(init?.body)).get('client_secret'))
      const refusal = Response.json({ status: 'BAD_CLIENT_SECRET' }, { status: 400 })
      return Promise.resolve(secrets.length > 1 ? new Response(null, { status: 204 }) : refusal)
    })
    const server = { ...metadata, revocation_endpoint: 'https://as.example/revoke' }
    const known = { clientId: 'client', metadata: () => Promise.resolve(server), environment }
    const client = oauthClient({
      ...known,
      ...hubspot(),
      metadata: known.metadata,
      clientAuth: clientSecretPost(secret),
    })
    const { status } = await client.post('revocation_endpoint', { token: 'refresh' })
    expect([status, secrets]).toEqual([204, ['old', 'new']])
  })

  it('leaves the answer to be read', async () => {
    const { failure } = await askWithOldSecret(slack(), { ok: false, error: 'invalid_refresh_token' }, 200)
    expect(failure).toMatchObject({ code: 'login_required', error: 'invalid_grant' })
  })
})
