import type { Dialect, TokenAnswer } from './dialect.js'
import { entraRefusal } from './persona-troubles.js'

type Body = TokenAnswer['body']

/** The standard's own words, but for what is said of a refresh token or code that is refused, and with which status. */
function saying(description: string, status = 400): Dialect {
  return refusing(() => status, { invalid_grant: { error: 'invalid_grant', error_description: description } })
}

/** A dialect with further members in answers with tokens. */
export function adding(members: Body, dialect: Dialect): Dialect {
  return (answer, form) => {
    const { status, headers, body } = dialect(answer, form)
    return { status, ...(headers && { headers }), body: status === 200 && !body.error ? { ...body, ...members } : body }
  }
}

/** Puts refusals into other words, for each `error` of the standard, and gives all of them another status. */
function refusing(statusOf: (status: number) => number, bodies: Readonly<Record<string, Body>>): Dialect {
  return ({ status, headers, body }) => {
    if (status === 200) return { status, body }
    return { status: statusOf(status), ...(headers && { headers }), body: bodies[String(body.error)] ?? body }
  }
}

/** A renewal brings an ID token when it asks for the scope `openid`. */
export const okta: Dialect = (answer, form) => {
  const { body, ...others } = saying('The refresh token is invalid or expired.')(answer, form)
  const isSilent = form.get('grant_type') === 'refresh_token' && !wordsOf(form.get('scope')).includes('openid')
  return { ...others, body: isSilent ? { ...body, id_token: undefined } : body }
}

function wordsOf(scope: unknown): string[] {
  return typeof scope === 'string' ? scope.split(' ') : []
}

export const google: Dialect = saying('Token has been expired or revoked.')

export const auth0: Dialect = saying('Unknown or invalid refresh token.', 403)

export const keycloak: Dialect = adding(
  { refresh_expires_in: 1800, 'not-before-policy': 0, session_state: '6c2f7c8e-0000-4000-8000-000000000000' },
  saying('Session not active'),
)

const deadInEntra =
  'The refresh token was issued to a single page app (SPA), and therefore has a fixed, limited lifetime of 1.00:00:00, which cannot be extended. It is now expired and a new sign in request must be sent by the SPA to the sign in page.'
const forItself =
  'Application is requesting a token for itself. This scenario is supported only if resource is specified using the GUID based App Identifier.'

/**
 * A renewal has to say for which API, and with `offline_access` that it wants a refresh token again. What was granted is told
 * without that, and in another spelling.
 */
export const entra: Dialect = ({ status, headers, body }, form) => {
  if (body.error === 'invalid_grant') return { status, body: entraRefusal(700084, deadInEntra) }
  if (status !== 200) return { status, ...(headers && { headers }), body }
  const asked = form.has('scope') ? wordsOf(form.get('scope')) : undefined
  const isRenewal = form.get('grant_type') === 'refresh_token'
  if (isRenewal && !asked) return { status: 400, body: entraRefusal(90009, forItself, { error: 'invalid_request' }) }
  const granted = wordsOf(body.scope).filter((word) => word !== 'offline_access')
  const scope = granted.map((word) => (word === 'user.read' ? 'User.Read' : word)).join(' ')
  const { refresh_token, ...others } = body
  const isOffline = !isRenewal || asked?.includes('offline_access')
  return {
    status,
    body: { ...others, scope, ext_expires_in: body.expires_in, ...(isOffline && { refresh_token }) },
  }
}

/** Nothing tells how long its access tokens live. */
export const salesforce: Dialect = (answer, form) => {
  const { status, body } = saying('expired access/refresh token')(answer, form)
  if (status !== 200) return { status, body }
  const id = 'https://login.salesforce.com/id/00D000000000000AAA/005000000000000AAA'
  const more = { instance_url: 'https://acme.my.salesforce.com', id, issued_at: '1767225600000', signature: 'c2ln' }
  return { status, body: { ...body, ...more, expires_in: undefined } }
}

export const github: Dialect = adding(
  { scope: '', token_type: 'bearer', refresh_token_expires_in: 15_897_600 },
  refusing(() => 200, {
    invalid_grant: {
      error: 'bad_refresh_token',
      error_description: 'The refresh token passed is incorrect or expired.',
      error_uri:
        'https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/',
    },
    invalid_client: {
      error: 'incorrect_client_credentials',
      error_description: 'The client_id and/or client_secret passed are incorrect.',
    },
  }),
)

const deadInDoorkeeper =
  'The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client.'

export const doorkeeper: Dialect = (answer, form) => {
  const { status, headers, body } = adding({ created_at: 1_767_225_600 }, saying(deadInDoorkeeper))(answer, form)
  const { error, error_description: description } = body
  if (status === 200) return { status, body }
  const challenge = `Bearer realm="Doorkeeper", error="${String(error)}", error_description="${String(description)}"`
  return { status, headers: { ...headers, 'www-authenticate': challenge }, body }
}

export const slack: Dialect = adding(
  { ok: true, app_id: 'A01', token_type: 'bot', bot_user_id: 'U01', team: { id: 'T01' }, authed_user: { id: 'U02' } },
  refusing(() => 200, {
    invalid_grant: { ok: false, error: 'invalid_refresh_token' },
    invalid_client: { ok: false, error: 'bad_client_secret' },
  }),
)

const correlationId = '0a1b2c3d-0000-4000-8000-000000000000'

export const hubspot: Dialect = adding(
  { hub_id: 1_234_567, user_id: 42 },
  refusing((status) => status, {
    invalid_grant: {
      status: 'BAD_REFRESH_TOKEN',
      error: 'invalid_request',
      message: 'missing or invalid refresh token',
      correlationId,
    },
    invalid_client: { status: 'BAD_CLIENT_SECRET', message: 'missing or invalid client secret', correlationId },
  }),
)

export const linkedin: Dialect = saying(
  'The provided authorization grant or refresh token is invalid, expired or revoked.',
)
