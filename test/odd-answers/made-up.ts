import type { Random } from '../simulation/random.js'

const keys = [
  'access_token',
  'refresh_token',
  'token_type',
  'expires_in',
  'scope',
  'id_token',
  'error',
  'error_description',
  'error_uri',
]
const oddKeys = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  'then',
  'toJSON',
  'length',
  '',
  '0',
  'é',
  'instance_url',
]
const words = [
  ...['access-2', 'refresh-2', 'refresh-1', 'Bearer', 'bearer', 'DPoP', 'mac', 'openid offline_access', 'openid'],
  ...['invalid_grant', 'invalid_client', 'server_error', 'access_denied', 'interaction_required', 'use_dpop_nonce'],
  ...['3600', '3600s', '1e3', '0x10', '-1', 'NaN', 'Infinity', '', ' ', '\u0000', '\u{1f511}', '\ud800', 'null'],
  ...['__proto__', 'constructor', 'toString', 'valueOf', 'a.b.c', 'e30.e30.e30'],
]
const numbers = [
  '0',
  '-0',
  '1',
  '3600',
  '-1',
  '0.5',
  '59',
  '1e308',
  '1e400',
  '-1e400',
  '315360000',
  '315360001',
  '9007199254740993',
]
const [large, huge, deep] = [10_000, 5_000_000, 100_000]
const statuses = [200, 200, 200, 200, 201, 299, 302, 400, 400, 401, 403, 404, 408, 418, 425, 429, 500, 502, 503, 599]
const headers = ['date', 'retry-after', 'x-rate-limit-reset', 'www-authenticate', 'content-type']
const headerValues = [
  '',
  '0',
  '7',
  '-1',
  '1e9',
  'NaN',
  'Thu, 01 Jan 2026 00:00:30 GMT',
  'Bearer error="invalid_grant"',
  '1767225660',
  'text/html',
]

/** An answer to a token request as nobody should give it. It is written as text: not all of it can be built as a value. */
export interface OddAnswer {
  readonly status: number
  readonly headers: readonly [string, string][]
  readonly body: string
}

/** Makes up an answer. One in some hundred is what a server would send. */
export function oddAnswer(random: Random): OddAnswer {
  return {
    status: random.pick(statuses),
    headers: headers.filter(() => random.chance(0.2)).map((name) => [name, random.pick(headerValues)]),
    body: oddBody(random),
  }
}

/** For people: what is long is cut. */
export function describeAnswer({ status, headers, body }: OddAnswer): string {
  return `${status} ${JSON.stringify(headers)} ${body.slice(0, 1000)}`
}

function oddBody(random: Random): string {
  const body = random.chance(0.95) ? answerLike(random) : value(random, 0)
  return random.chance(0.05) ? body.slice(0, random.below(body.length + 1)) : body
}

/** An object with the members of an answer, most of them with values of their kind. */
function answerLike(random: Random): string {
  const members = keys
    .filter((key) => random.chance(key.startsWith('error') ? 0.2 : 0.7))
    .map((key) => [key, fitting(random, key)])
  const others = oddKeys.filter(() => random.chance(0.1)).map((key) => [key, value(random, 0)])
  return object([...members, ...others])
}

function fitting(random: Random, key: string): string {
  if (random.chance(0.3)) return value(random, 0)
  if (key === 'expires_in') return random.chance(0.7) ? random.pick(numbers) : text(random)
  if (key === 'access_token') return '"access-2"'
  if (key === 'refresh_token') return random.chance(0.8) ? '"refresh-2"' : '"refresh-1"'
  return text(random)
}

function value(random: Random, depth: number): string {
  const inner = (): string => value(random, depth + 1)
  const kind = random.below(depth > 2 ? 5 : 7)
  if (random.chance(0.0005)) return '['.repeat(deep) + ']'.repeat(deep)
  if (kind < 2) return text(random)
  if (kind === 2) return random.pick(numbers)
  if (kind === 3) return random.pick(['null', 'true', 'false'])
  if (kind === 4) return random.pick(['{}', '[]', '""'])
  if (kind === 5) return `[${Array.from({ length: random.below(4) }, inner).join(',')}]`
  return object([...keys, ...oddKeys].filter(() => random.chance(0.1)).map((key) => [key, inner()]))
}

function object(members: readonly (readonly string[])[]): string {
  return `{${members.map(([key = '', member = '']) => `${JSON.stringify(key)}:${member}`).join(',')}}`
}

function text(random: Random): string {
  return JSON.stringify(random.chance(0.01) ? 'x'.repeat(random.chance(0.01) ? huge : large) : random.pick(words))
}
