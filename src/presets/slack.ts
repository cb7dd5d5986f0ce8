import { renamed, type ServerPreset } from './preset.js'

/** Whose tokens of Slack. */
export interface SlackOptions {
  /** Whether the session is that of the bot, by default, or of the user who installed the application. */
  readonly tokens?: 'bot' | 'user' | undefined
}

/**
 * Slack applications with token rotation. Slack answers everything with status 200, calls its tokens `bot` and `user`, and
 * hands out both in one answer at sign-in.
 */
export function slack({ tokens = 'bot' }: SlackOptions = {}): ServerPreset {
  return {
    metadata: {
      // Only a name, as Slack publishes no metadata for this flow; but sessions are stored under it, and these are two.
      issuer: tokens === 'user' ? 'https://slack.com/user' : 'https://slack.com',
      authorization_endpoint: 'https://slack.com/oauth/v2/authorize',
      token_endpoint: 'https://slack.com/api/oauth.v2.access',
    },
    mapResponse: (answer) => {
      const user = tokens === 'user' ? userIn(answer) : undefined
      if (user) return user
      return ['bot', 'user'].includes(String(answer.token_type)) ? { token_type: 'Bearer' } : undefined
    },
    mapError: renamed({
      invalid_refresh_token: 'invalid_grant',
      invalid_code: 'invalid_grant',
      invalid_client_id: 'invalid_client',
      bad_client_secret: 'invalid_client',
      internal_error: 'server_error',
      fatal_error: 'server_error',
      service_unavailable: 'temporarily_unavailable',
      request_timeout: 'temporarily_unavailable',
      ratelimited: 'temporarily_unavailable',
    }),
  }
}

/** The tokens of the user, and nothing that belongs to those of the bot beside them. */
function userIn({ authed_user }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | undefined {
  const { access_token, refresh_token = null, expires_in = null, scope = null } = Object(authed_user) as Answer
  return access_token ? { access_token, refresh_token, expires_in, scope, token_type: 'Bearer' } : undefined
}

type Answer = Readonly<Record<string, unknown>>
