import type { AuthorizationDecision } from './authorization-endpoint.js'
import type { SignIn } from './token-families.js'

/** A sign-in that was asked for and granted; `isOffline`: it brings a refresh token. */
export function signInOf(
  decision: Extract<AuthorizationDecision, { subject: string }>,
  asked: { readonly clientId: string; readonly scope: string; readonly acr?: string | undefined },
  now: number,
  offlineAccess = true,
): { readonly signIn: SignIn; readonly isOffline: boolean } {
  const words = asked.scope.split(' ').filter(Boolean)
  const scopes = offlineAccess ? words : words.filter((scope) => scope !== 'offline_access')
  return {
    signIn: {
      clientId: asked.clientId,
      subject: decision.subject,
      scope: scopes.join(' '),
      authenticatedAt: decision.authenticatedAt ?? now,
      acr: decision.acr ?? asked.acr,
    },
    isOffline: scopes.includes('offline_access'),
  }
}
