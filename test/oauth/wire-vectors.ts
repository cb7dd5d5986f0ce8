import { gzipSync } from 'node:zlib'

/** The refresh token that is sent, and the tokens that come back. None of them may turn up in an error. */
export const sentToken = 'rt-sent-7f3c9a51e0b2'
export const newTokens = {
  access_token: 'at-new-5d1e8b77c0a4',
  refresh_token: 'rt-new-2b9f6c30d8e1',
  token_type: 'Bearer',
}

/**
 * What an answer does to the session: `granted` renews it, `ended` ends it; everything else keeps it, and is reported
 * as a matter of now, of the setup, of a policy, or as a need to sign in again.
 */
export type Verdict = 'granted' | 'ended' | 'now' | 'setup' | 'policy' | 'sign in'

/** One answer as it goes over the wire. */
export interface Vector {
  readonly name: string
  /** What is written before the connection is closed. */
  readonly bytes: Buffer
  readonly verdict: Verdict
}

const tokens = JSON.stringify({ ...newTokens, expires_in: 3600 })
const page = '<!doctype html><title>Sign in to our wifi</title>'
const bodies = {
  tokens,
  dead: JSON.stringify({ error: 'invalid_grant', error_description: `The token ${sentToken} is invalid or expired.` }),
  client: JSON.stringify({ error: 'invalid_client', error_description: 'No client credentials found.' }),
  busy: JSON.stringify({ error: 'temporarily_unavailable' }),
  policy: JSON.stringify({ error: 'access_denied', error_description: 'Policy evaluation failed.' }),
  person: JSON.stringify({ error: 'interaction_required', suberror: 'basic_action' }),
  vendor: JSON.stringify({ errorCode: 'E0000047', errorSummary: `rate limit of ${sentToken}` }),
  page,
  half: tokens.slice(0, tokens.length / 2),
  nothing: '',
}

type Row = readonly Verdict[]
const never: Row = Object.keys(bodies).map(() => 'now')

/** The decision table: status by body. */
// prettier-ignore
const matrix: readonly (readonly [statuses: readonly number[], row: Row])[] = [
  //                              tokens     dead     client   busy   policy    person     vendor   page     half     nothing
  [[200, 201, 203],              ['granted', 'ended', 'setup', 'now', 'policy', 'sign in', 'now',   'now',   'now',   'now']],
  [[400, 401, 403, 404, 422],    ['setup',   'ended', 'setup', 'now', 'policy', 'sign in', 'setup', 'setup', 'setup', 'setup']],
  [[204, 205],                   never],
  [[300, 301, 302, 303, 307, 308], never],
  [[408, 425, 429],              never],
  [[500, 502, 503, 504, 511, 520], never],
]

const json = { 'content-type': 'application/json' }
const challenge = (parameters: string) => ({ 'www-authenticate': `Bearer realm="as", ${parameters}` })

/** Answers that are odd in another way than by status and body. */
const odd: readonly (readonly [name: string, bytes: Buffer, verdict: Verdict])[] = [
  ['success of content type text/html', answer(200, { 'content-type': 'text/html' }, tokens), 'granted'],
  ['success after a byte order mark', answer(200, json, `\u{feff}${tokens}`), 'granted'],
  ['success between blanks', answer(200, json, `\r\n ${tokens} \n`), 'granted'],
  ['success, compressed', answer(200, { 'content-encoding': 'gzip' }, gzipSync(tokens)), 'granted'],
  ['success, compressed and cut', answer(200, { 'content-encoding': 'gzip' }, gzipSync(tokens).subarray(0, 60)), 'now'],
  ['success in UTF-16', answer(200, json, Buffer.from(tokens, 'utf16le')), 'now'],
  ['success with a challenge', answer(200, challenge('error="invalid_grant"'), tokens), 'granted'],
  ['success after early hints', hinted(103, answer(200, json, tokens)), 'granted'],
  ['a page with a challenge', answer(200, challenge('error="invalid_grant"'), page), 'now'],
  ['only an access token', answer(200, json, JSON.stringify({ access_token: newTokens.access_token })), 'granted'],
  [
    'an error beside the tokens',
    answer(200, json, JSON.stringify({ ...newTokens, error: 'invalid_grant' })),
    'granted',
  ],
  ['tokens that are empty', answer(200, json, '{"access_token":"","refresh_token":""}'), 'now'],
  ['tokens that are null', answer(200, json, '{"access_token":null,"refresh_token":null}'), 'now'],
  ['tokens in a list', answer(200, json, `[${tokens}]`), 'now'],
  ['tokens as a form', answer(200, {}, new URLSearchParams(newTokens).toString()), 'now'],
  ['an error as a form', answer(200, {}, 'error=invalid_grant'), 'now'],
  ['Slack: ok false', answer(200, json, '{"ok":false,"error":"invalid_refresh_token"}'), 'setup'],
  ['GitHub: bad_refresh_token', answer(200, json, '{"error":"bad_refresh_token"}'), 'setup'],
  [
    'HubSpot: vendor words',
    answer(400, json, '{"status":"BAD_REFRESH_TOKEN","message":"missing or unknown"}'),
    'setup',
  ],
  [
    'Okta: rate limit as invalid_grant',
    answer(429, { ...json, 'x-rate-limit-reset': '1767225660' }, bodies.dead),
    'now',
  ],
  [
    'Auth0: 403 invalid_grant',
    answer(403, json, '{"error":"invalid_grant","error_description":"Unknown or invalid refresh token."}'),
    'ended',
  ],
  ['GitLab: invalid_grant in both places', answer(400, challenge('error="invalid_grant"'), bodies.dead), 'ended'],
  ['the error only in the challenge', answer(401, challenge('error="invalid_grant"'), ''), 'ended'],
  ['the error only in the challenge of a page', answer(401, challenge('error="invalid_grant"'), page), 'ended'],
  [
    'the error quoted in a realm',
    answer(401, { 'www-authenticate': 'Basic realm="no, error=invalid_grant"' }, ''),
    'setup',
  ],
  ['the body against the challenge', answer(401, challenge('error="invalid_grant"'), bodies.client), 'setup'],
  ['a challenge with a status of now', answer(503, challenge('error="invalid_grant"'), ''), 'now'],
  ['the error as an object', answer(400, json, '{"error":{"code":"invalid_grant"}}'), 'setup'],
  ['the error in capitals', answer(400, json, '{"error":"INVALID_GRANT"}'), 'setup'],
  [
    'the error in its description',
    answer(400, json, '{"error":"invalid_request","error_description":"invalid_grant"}'),
    'setup',
  ],
  ['the error named like a part of every object', answer(400, json, '{"error":"__proto__"}'), 'setup'],
  ['the token as the error', answer(400, json, JSON.stringify({ error: sentToken })), 'setup'],
  [
    'the token in the address to read on',
    answer(400, json, JSON.stringify({ error: 'invalid_request', error_uri: `https://as.example/?t=${sentToken}` })),
    'setup',
  ],
  ['use_dpop_nonce', answer(400, { ...json, 'dpop-nonce': 'n' }, '{"error":"use_dpop_nonce"}'), 'setup'],
  ['use_dpop_nonce in a challenge', answer(401, { 'www-authenticate': 'DPoP error="use_dpop_nonce"' }, ''), 'setup'],
  ['unauthorized_client', answer(400, json, '{"error":"unauthorized_client"}'), 'setup'],
  ['invalid_scope', answer(400, json, '{"error":"invalid_scope"}'), 'setup'],
  ['invalid_target', answer(400, json, '{"error":"invalid_target"}'), 'setup'],
  ['server_error with status 400', answer(400, json, '{"error":"server_error"}'), 'now'],
  ['not HTTP at all', Buffer.from('220 mail.example ESMTP\r\n\r\n'), 'now'],
  ['HTTP of another century', Buffer.from(`HTTP/1.0 200 OK\r\n\r\n${tokens}`), 'granted'],
  ['a status of its own', Buffer.from(`HTTP/1.1 999 What\r\ncontent-length: 0\r\n\r\n`), 'now'],
  ['a length that promises more', answer(200, { ...json, 'content-length': '100000' }, tokens), 'now'],
  ['an error that promises more', answer(400, { ...json, 'content-length': '100000' }, bodies.dead), 'now'],
]

/** All vectors: the table, the odd ones, and six answers of 400 bytes that break off after every byte. */
export const vectors: readonly Vector[] = [
  ...matrix.flatMap(([statuses, row]) =>
    statuses.flatMap((status) =>
      Object.entries(bodies).map(([name, body], column): Vector => ({
        name: `${status} ${name}`,
        bytes: answer(status, json, body),
        verdict: row[column] ?? 'now',
      })),
    ),
  ),
  ...odd.map(([name, bytes, verdict]): Vector => ({ name, bytes, verdict })),
  ...cuts('success of known length', answer(200, json, tokens, 'length'), 'granted', 'now'),
  ...cuts('success in chunks', answer(200, json, tokens, 'chunks'), 'granted', 'now'),
  ...cuts('success until the connection closes', answer(200, json, tokens, 'close'), 'granted', 'now'),
  ...cuts('invalid_grant of known length', answer(400, json, bodies.dead, 'length'), 'ended', 'now'),
  ...cuts('invalid_grant in chunks', answer(400, json, bodies.dead, 'chunks'), 'ended', 'now'),
  // A refusal whose words break off unnoticed is a refusal still, but does not say that the token is dead.
  ...cuts('invalid_grant until the connection closes', answer(400, json, bodies.dead, 'close'), 'ended', 'setup'),
]

/** The bytes of an answer, filled up to 400 if it is shorter. */
function answer(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string | Buffer,
  framing: 'length' | 'chunks' | 'close' = 'length',
): Buffer {
  const content = Buffer.from(body)
  const size = content.length.toString(16)
  const framed =
    framing === 'chunks' ? Buffer.concat([Buffer.from(`${size}\r\n`), content, Buffer.from('\r\n0\r\n\r\n')]) : content
  const frame = {
    length: { 'content-length': String(content.length) },
    chunks: { 'transfer-encoding': 'chunked' },
    close: {},
  }
  const head = { date: 'Thu, 01 Jan 2026 00:00:00 GMT', ...frame[framing], ...headers }
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`)
  const start = `HTTP/1.1 ${status} Status\r\n${lines.join('')}x-fill: `
  const fill = 'x'.repeat(Math.max(1, 400 - start.length - 4 - framed.length))
  return Buffer.concat([Buffer.from(`${start}${fill}\r\n\r\n`), framed])
}

function hinted(status: number, final: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} Wait\r\nlink: </style.css>\r\n\r\n`), final])
}

/** An answer whole, and cut after each of its bytes: in the head nothing is known yet, then comes `inBody`. */
function cuts(name: string, whole: Buffer, verdict: Verdict, inBody: Verdict): Vector[] {
  const headLength = whole.indexOf('\r\n\r\n') + 4
  return Array.from({ length: whole.length + 1 }, (_, length) => ({
    name: `${name}, ${length} of ${whole.length} bytes`,
    bytes: whole.subarray(0, length),
    verdict: length === whole.length ? verdict : length < headLength ? 'now' : inBody,
  }))
}
