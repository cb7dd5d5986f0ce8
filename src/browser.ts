import { joinTokenManager, type TokenManagerOptions } from './create-token-manager.js'
import type { TokenManager } from './core/token-manager.js'
import { webLocks } from './locks/web-locks.js'
import { isHidden, watchWake } from './signals/wake.js'
import { indexedDbStore } from './stores/indexed-db.js'

/** The options of a page. A page cannot keep a secret, so its client is public. */
export type BrowserTokenManagerOptions = Omit<TokenManagerOptions, 'clientAuth'>

/**
 * Makes a token manager for a page. Its session lives in IndexedDB, shared by all tabs, unless `store` says otherwise.
 *
 * @throws EvergrantError `misconfigured` when the options make no sense
 */
export function createTokenManager(options: BrowserTokenManagerOptions): TokenManager {
  // Who passes a secret in spite of the types does not get it sent.
  return joinTokenManager(
    { ...options, clientAuth: undefined },
    { store: indexedDbStore(), lock: webLocks, watchWake, isHidden },
  )
}

export { decodeRecord, encodeRecord } from './core/codec.js'
export { EvergrantError, isEvergrantError } from './core/errors.js'
export type {
  AccessToken,
  AccessTokenOptions,
  AnswerMapping,
  Diagnosis,
  EncryptedStoreOptions,
  EncryptionKey,
  EndedRecord,
  EndReason,
  ErrorCode,
  ErrorDetails,
  Form,
  FormEndpoint,
  Grant,
  GrantContext,
  Granted,
  HeldToken,
  Identity,
  Intent,
  Jwk,
  IntrospectionResponse,
  LiveRecord,
  MapAnswer,
  OAuthClient,
  Pause,
  RecordBase,
  ProofKey,
  ProvenRequest,
  Prover,
  Revision,
  SealedRecord,
  Send,
  ServerMetadata,
  SessionRecord,
  SetTokensOptions,
  SignedOutRecord,
  Snapshot,
  StoredRecord,
  SwapResult,
  TokenChoice,
  TokenEvent,
  TokenKind,
  TokenKindOptions,
  TokenManager,
  TokenResponse,
  Tokens,
  TokenStore,
  Transition,
  UnreadableRecord,
  Versioned,
  WebCryptoKey,
  WebCryptoKeyPair,
} from './index.js'
export { introspect } from './flows/introspect.js'
export {
  handleRedirectCallback,
  signInWithRedirect,
  type RedirectOutcome,
  type SignInOptions,
} from './flows/redirect.js'
export { revoke } from './flows/revoke.js'
export { signOutWithRedirect, type SignOutOptions } from './flows/sign-out.js'
export type { AuthorizationOptions } from './oauth/authorization-code.js'
export { dpop, type DpopOptions } from './oauth/dpop.js'
export { encryptedStore } from './stores/encrypted.js'
export { memoryStore } from './stores/memory.js'
export { indexedDbStore } from './stores/indexed-db.js'
export { webStorageStore } from './stores/web-storage.js'
