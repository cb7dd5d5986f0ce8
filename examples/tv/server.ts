import type { KoaContextWithOIDC } from 'oidc-provider'
import { startAuthorizationServer, type AuthorizationServer } from '../demo/authorization-server.js'
import { page } from '../demo/interaction-pages.js'

export const clientId = 'tv-example'

/** Starts an authorization server with pages on which users enter the code of their television. */
export function startTvServer({ accessTokenSeconds = 15, graceSeconds = 30 } = {}): Promise<AuthorizationServer> {
  return startAuthorizationServer({
    accessTokenSeconds,
    graceSeconds,
    signIn: 'page',
    clients: [
      {
        client_id: clientId,
        client_name: 'Television',
        application_type: 'native',
        token_endpoint_auth_method: 'none',
        grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
        response_types: [],
        redirect_uris: [],
      },
    ],
    configuration: {
      claims: { openid: ['sub'], profile: ['name'] },
      issueRefreshToken: async () => true,
      expiresWithSession: async () => false,
      features: {
        devInteractions: { enabled: false },
        deviceFlow: {
          enabled: true,
          userCodeInputSource: askForCode,
          userCodeConfirmSource: askWhetherItIsTheirs,
          successSource: (ctx) => void (ctx.body = page('Done', '<h1>Done</h1><p>Go on at your television.</p>')),
        },
      },
    },
  })
}

/** `form` is the one that `oidc-provider` wants to be sent, as yet without a button and a label. */
function askForCode(ctx: KoaContextWithOIDC, form: string, _out?: unknown, error?: Error): void {
  const complaint = error && `That did not work: ${error.message}.`
  ctx.body = page(
    'Connect a television',
    `<p class="server">Demo authorization server</p>
    <h1>Connect a television</h1>
    <p>Enter the code that it shows.</p>
    ${form.replace('type="text"', 'type="text" aria-label="Code"')}
    <p role="alert">${complaint ?? ''}</p>
    <button form="op.deviceInputForm">Continue</button>`,
  )
}

/** Who was sent a link by somebody else has no television with this code (RFC 8628 section 5.4). */
function askWhetherItIsTheirs(
  ctx: KoaContextWithOIDC,
  form: string,
  _client: unknown,
  _deviceInfo: unknown,
  userCode: string,
): void {
  ctx.body = page(
    'Connect this television?',
    `<p class="server">Demo authorization server</p>
    <h1>Does your television show ${userCode}?</h1>
    <p>If it does not, somebody else wants to sign in as you.</p>
    ${form}
    <button form="op.deviceConfirmForm">It does</button>
    <button form="op.deviceConfirmForm" name="abort" value="yes" class="quiet">Cancel</button>`,
  )
}
