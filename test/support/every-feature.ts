import type { Configuration } from 'oidc-provider'

/** An API that access tokens can be asked for. */
export const orders = 'https://orders.example/'

type Features = NonNullable<Configuration['features']>

/**
 * `oidc-provider` with all at once that this package speaks: pushed requests and proofs with nonces are required, access
 * tokens are for one resource, and there is introspection, revocation and sign-out.
 *
 * @param defaultResource what a token is for that is asked for without a resource
 */
export function everyFeature(defaultResource?: string): Features {
  return {
    devInteractions: { enabled: false },
    pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
    revocation: { enabled: true, allowedPolicy: async () => true },
    introspection: { enabled: true, allowedPolicy: async () => true },
    rpInitiatedLogout: { enabled: true, logoutSource: askWhetherToSignOut },
    dPoP: { enabled: true, nonceSecret: Buffer.alloc(32, 7), requireNonce: () => true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => defaultResource ?? [],
      useGrantedResource: () => defaultResource !== undefined,
      getResourceServerInfo: () => ({ scope: 'read write', accessTokenFormat: 'opaque', accessTokenTTL: 4 }),
    },
  }
}

/**
 * A page with nothing but a button.
 *
 * @param form what `oidc-provider` wants to be sent
 */
export function askWhetherToSignOut(ctx: { body?: unknown }, form: string): void {
  ctx.body = `<!doctype html><title>Sign out?</title>${form}<button name="logout" value="yes" form="op.logoutForm">Yes</button>`
}
