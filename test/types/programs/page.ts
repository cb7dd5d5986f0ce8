// A page's program, as a user of the package writes it.
import { createTokenManager, isEvergrantError, memoryStore, webStorageStore } from 'evergrant/browser'

export const tokens = createTokenManager({
  issuer: 'https://as.example',
  clientId: 'page',
  scope: 'openid offline_access',
  additionalParameters: { audience: 'https://api.example' },
})

export const kept = [
  createTokenManager({ issuer: 'https://as.example', clientId: 'page', store: memoryStore(), autoRenew: false }),
  createTokenManager({ issuer: 'https://as.example', clientId: 'page', store: webStorageStore(localStorage) }),
  createTokenManager({ issuer: 'https://as.example', clientId: 'page', store: undefined, scope: undefined }),
  createTokenManager({ metadata: { issuer: 'https://as.example' }, clientId: 'page', fetch: window.fetch }),
]

createTokenManager({
  issuer: 'https://as.example',
  clientId: 'page',
  // @ts-expect-error: a page cannot keep a secret
  clientAuth: () => undefined,
})

export async function callApi(signal: AbortSignal): Promise<Response> {
  try {
    const token = await tokens.getAccessToken({ signal, minValiditySeconds: 30 })
    return await fetch('https://api.example/me', { headers: { authorization: `Bearer ${token}` }, signal })
  } catch (error) {
    if (isEvergrantError(error) && error.loginRequired) location.assign('/sign-in')
    throw error
  }
}

/** The shape of React's `useSyncExternalStore`, to which stores of other frameworks come close. */
declare function useSyncExternalStore<T>(subscribe: (this: void, onChange: () => void) => () => void, get: () => T): T

export function useSession(): string {
  const snapshot = useSyncExternalStore(tokens.subscribe, tokens.getSnapshot)
  return snapshot.status === 'active' ? (snapshot.identity?.sub ?? 'somebody') : snapshot.status
}
