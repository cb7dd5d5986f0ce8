import { askedAgain, baseUrl, type ServerPreset } from './preset.js'

/** Which directory of Microsoft Entra ID. */
export interface EntraOptions {
  /**
   * The id of the directory (tenant) or one of its domains; or `organizations`, `consumers` or `common`, for users of any
   * organization, with a personal account, or both.
   */
  readonly tenant: string
  /**
   * What to ask for at sign-in, and again with each renewal: Entra ID has to be told each time for which API the token is,
   * and without `offline_access` there is no refresh token.
   */
  readonly scope: string
  /** Where the cloud is that the directory belongs to; `https://login.microsoftonline.com` by default. */
  readonly authority?: string | undefined
}

const idOfADirectory = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i

/** What stands in the way can be cleared away by the user, by signing in again: the refresh token is not at fault. */
const forTheUser: ReadonlySet<unknown> = new Set([
  'basic_action',
  'additional_action',
  'message_only',
  'consent_required',
  'user_password_expired',
])
/** LoopDetected: the same was asked too often, by whomever. */
const tooOften = 50196

/**
 * Microsoft Entra ID. Its metadata is built here, as that of `common` and `organizations` names no issuer that an ID token
 * could come from. Tells apart the kinds of `invalid_grant` by `suberror`, and throttling by its number: the refresh token
 * is alive then.
 *
 * @throws EvergrantError `misconfigured` for what is no URL
 */
export function entra({ tenant, scope, authority = 'https://login.microsoftonline.com' }: EntraOptions): ServerPreset {
  const base = baseUrl('entra', authority)
  const endpoints = `${base}/${encodeURIComponent(tenant)}/oauth2/v2.0`
  const name = encodeURIComponent(tenant.toLowerCase())
  return {
    metadata: {
      // Braces stand for the id that an ID token brings. Sessions are stored under the issuer, so what was given is in them.
      issuer: `${base}/${idOfADirectory.test(tenant) ? name : `{${name}}`}/v2.0`,
      authorization_endpoint: `${endpoints}/authorize`,
      token_endpoint: `${endpoints}/token`,
      device_authorization_endpoint: `${endpoints}/devicecode`,
      end_session_endpoint: `${endpoints}/logout`,
    },
    ...askedAgain(scope),
    mapResponse: (answer) => ({ scope: answer.refresh_token ? completed(answer.scope, scope) : undefined }),
    mapError: ({ error, suberror, error_codes }) => {
      if (error !== 'invalid_grant') return undefined
      if ([error_codes].flat().includes(tooOften)) return { error: 'temporarily_unavailable' }
      return forTheUser.has(suberror) ? { error: 'interaction_required' } : undefined
    },
  }
}

/**
 * The granted scope in the words that were asked for: Entra ID grants all or nothing, but leaves `offline_access` out, and
 * spells some in another way.
 */
function completed(granted: unknown, asked: string): string | undefined {
  if (typeof granted !== 'string') return undefined
  const words = asked.split(' ').filter(Boolean)
  const known = new Set(words.map((word) => word.toLowerCase()))
  return [...words, ...granted.split(' ').filter((word) => word && !known.has(word.toLowerCase()))].join(' ')
}
