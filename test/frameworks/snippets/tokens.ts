import { createTokenManager, memoryStore, type TokenManager } from 'evergrant/browser'

const options = { issuer: 'https://login.example.com', clientId: 'my-page', autoRenew: false }

/** Called once in a page, and on a server once for each request. */
export function createTokens(): TokenManager {
  const isPage = typeof document !== 'undefined'
  return createTokenManager(isPage ? options : { ...options, store: memoryStore() })
}
