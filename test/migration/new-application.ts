import { createTokenManager, type TokenManager } from '../../src/browser.js'
import type { Adoption } from '../../src/migration.js'
import { adoptFrom } from './adopting.js'

/** What the application that takes over offers to its tests. */
export interface NewApplication {
  readonly tokens: TokenManager
  adopt(library: string): Promise<Adoption>
}

declare global {
  interface Window {
    newApplication: NewApplication
  }
}

const issuer = new URLSearchParams(location.search).get('issuer') ?? ''
const tokens = createTokenManager({ issuer, clientId: 'client', scope: 'openid offline_access' })
window.newApplication = { tokens, adopt: (library) => adoptFrom(library, tokens, issuer) }
