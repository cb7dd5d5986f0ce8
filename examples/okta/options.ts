import { parseArgs, type ParseArgsConfig } from 'node:util'
import { kinds, type Kind, type Lifetimes, type Rotation, type Wish } from './kinds.js'
import type { Connection } from './okta-api.js'

export type Environment = Readonly<Record<string, string | undefined>>

export interface SetupOptions {
  readonly wish: Wish
  readonly apply: boolean
  readonly group: string
  readonly authorizationServer: string
}

export interface LogOptions {
  readonly days: number
}

export const usage = `usage: okta spa|web|tv --label <name> [options]
       okta log [--days 7]

  --label <name>            of the app, its access policy and its rule
  --redirect-uri <uri>      of a page or web app; more than once for more than one
  --rotation rotate|static  of refresh tokens (spa: rotate, others: static)
  --grace-seconds <0..60>   in which a rotated token is accepted again (30)
  --access-minutes <n>      5 to 1440 (spa: 15, others: 60)
  --refresh-minutes <n>     from the sign-in on; 0 for no end (spa: 1440, others: 0)
  --idle-minutes <n>        10 to 2628000 (spa: 480, web: 10080, tv: 129600)
  --group <name>            whose people may use the app (Everyone)
  --server <id>             the authorization server (default)
  --apply                   writes; without it you see what would be written

OKTA_ORG is the address of your org, OKTA_API_TOKEN an API token of it.`

/** Okta wants a redirect URI of each app. Nothing listens here, and the access policy of a TV allows no code. */
const unusedUri = 'http://127.0.0.1/unused'
const yearMinutes = 365 * 24 * 60

const setupArguments = {
  label: { type: 'string' },
  'redirect-uri': { type: 'string', multiple: true },
  rotation: { type: 'string' },
  'grace-seconds': { type: 'string' },
  'access-minutes': { type: 'string' },
  'refresh-minutes': { type: 'string' },
  'idle-minutes': { type: 'string' },
  group: { type: 'string' },
  server: { type: 'string' },
  apply: { type: 'boolean' },
} satisfies ParseArgsConfig['options']

/** Reads what comes after the command. Throws with words for the user. */
export function readSetupOptions(kind: string | undefined, args: readonly string[]): SetupOptions {
  if (kind === undefined || !isKind(kind)) throw new Error(usage)
  const { values } = parseArgs({ args: [...args], options: setupArguments })
  const { label = '', group = 'Everyone', server = 'default', apply = false } = values
  if (label.trim() === '') throw new Error('--label is missing: how the app is to be named.')
  const rotation = values.rotation ?? kinds[kind].rotation
  if (!isRotation(rotation)) throw new Error('--rotation is rotate or static.')
  const graceSeconds = numberIn('--grace-seconds', values['grace-seconds'] ?? '30', [0, 60])
  const redirectUris = redirectUrisOf(kind, values['redirect-uri'] ?? [])
  const usual = kinds[kind].lifetimes
  const lifetimes = lifetimesOf({
    access: values['access-minutes'] ?? String(usual.accessMinutes),
    refresh: values['refresh-minutes'] ?? String(usual.refreshMinutes),
    idle: values['idle-minutes'] ?? String(usual.idleMinutes),
  })
  return {
    wish: { kind, label, redirectUris, rotation, graceSeconds, lifetimes },
    apply,
    group,
    authorizationServer: server,
  }
}

export function readLogOptions(args: readonly string[]): LogOptions {
  const { values } = parseArgs({ args: [...args], options: { days: { type: 'string' } } })
  return { days: numberIn('--days', values.days ?? '7', [1, 90]) }
}

/** The token comes from the environment alone: everybody on the machine can see the arguments of a program. */
export function readConnection({ OKTA_ORG: address, OKTA_API_TOKEN: token }: Environment): Connection {
  if (!address || !URL.canParse(address))
    throw new Error('OKTA_ORG is missing: the address of your org, with https://.')
  if (!token) throw new Error('OKTA_API_TOKEN is missing: make one in the Admin Console under Security > API > Tokens.')
  if (!/^[\w-]+$/.test(token)) throw new Error('OKTA_API_TOKEN has characters that no API token has.')
  const org = new URL(address)
  if (!isSafe(org)) throw new Error('OKTA_ORG must begin with https://: the API token goes there.')
  if (/-admin\.okta/.test(org.hostname)) throw new Error('OKTA_ORG is the address without -admin.')
  return { org, token }
}

/** The limits are those of Okta's access policies, where all of this would fail later. */
function lifetimesOf(given: { readonly access: string; readonly refresh: string; readonly idle: string }): Lifetimes {
  const accessMinutes = numberIn('--access-minutes', given.access, [5, 24 * 60])
  const refreshMinutes = numberIn('--refresh-minutes', given.refresh, [0, 5 * yearMinutes])
  const idleMinutes = numberIn('--idle-minutes', given.idle, [10, 5 * yearMinutes])
  if (idleMinutes < accessMinutes) throw new Error('--idle-minutes must not be less than --access-minutes.')
  if (refreshMinutes > 0 && refreshMinutes < idleMinutes) {
    throw new Error('--refresh-minutes must be 0, or not less than --idle-minutes.')
  }
  return { accessMinutes, refreshMinutes, idleMinutes }
}

function redirectUrisOf(kind: Kind, given: readonly string[]): readonly string[] {
  if (kind === 'tv') {
    if (given.length > 0) throw new Error('A TV has no --redirect-uri: its users sign in with another device.')
    return [unusedUri]
  }
  if (given.length === 0) throw new Error('--redirect-uri is missing: where users come back to from Okta.')
  for (const uri of given) {
    if (!URL.canParse(uri) || !isSafe(new URL(uri))) throw new Error(`--redirect-uri must begin with https://: ${uri}`)
  }
  return given
}

/** Whether nobody on the way can listen. */
function isSafe({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname))
}

function numberIn(name: string, text: string, [least, most]: readonly [number, number]): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < least || value > most) {
    throw new Error(`${name} is a whole number from ${least} to ${most}.`)
  }
  return value
}

function isKind(text: string): text is Kind {
  return Object.hasOwn(kinds, text)
}

function isRotation(text: string): text is Rotation {
  return text === 'rotate' || text === 'static'
}
