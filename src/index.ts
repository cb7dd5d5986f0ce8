import { joinTokenManager, type TokenManagerOptions } from './create-token-manager.js'
import type { TokenManager } from './core/token-manager.js'
import type { TokenPool } from './core/token-pool.js'
import { joinTokenPool, type TokenPoolOptions } from './create-token-pool.js'
import { isNeverSent } from './oauth/never-sent.js'
import { memoryStore } from './stores/memory.js'

/**
 * Makes a token manager for any runtime. Its session lives in memory unless `store` says otherwise.
 *
 * @throws EvergrantError `misconfigured` when the options make no sense
 */
export function createTokenManager(options: TokenManagerOptions): TokenManager {
  return joinTokenManager(options, { isNeverSent, store: memoryStore() })
}

/**
 * Makes a pool that keeps any number of sessions of one client alive, with one timer and one pace for all. The session `key`
 * is the same one that a manager with this `key`, store and client has.
 *
 * @throws EvergrantError `misconfigured` when the options make no sense
 */
export function createTokenPool(options: TokenPoolOptions): TokenPool {
  return joinTokenPool(options, { isNeverSent, store: memoryStore() })
}

export type { TokenPoolOptions } from './create-token-pool.js'
export type { PooledSession, PoolEvent, PoolMetrics, TokenPool } from './core/token-pool.js'
export type { TokenManagerOptions } from './create-token-manager.js'
export { EvergrantError, isEvergrantError, type ErrorCode, type ErrorDetails } from './core/errors.js'
export type { AnswerMapping, Form, FormEndpoint, MapAnswer, OAuthClient, ServerMetadata } from './core/client.js'
export type { Diagnosis, Transition } from './core/diagnosis.js'
export type { TokenEvent } from './core/events.js'
export type { Grant, GrantContext, Granted, Identity } from './core/grant.js'
export type {
  AccessToken,
  EndedRecord,
  EndReason,
  Intent,
  LiveRecord,
  Pause,
  RecordBase,
  SealedRecord,
  SessionRecord,
  SignedOutRecord,
  StoredRecord,
  UnreadableRecord,
} from './core/record.js'
export type { Revision, SwapResult, TokenStore, Versioned } from './core/store.js'
export { decodeRecord, encodeRecord } from './core/codec.js'
export type { Snapshot } from './core/snapshot.js'
export type { Jwk, WebCryptoKey, WebCryptoKeyPair } from './core/keys.js'
export type { ProofKey, ProvenRequest, Prover, Send } from './core/proof.js'
export type { TokenKind, TokenKindOptions } from './core/token-kind.js'
export type { AccessTokenOptions, SetTokensOptions, TokenManager, Tokens } from './core/token-manager.js'
export type { TokenResponse } from './core/token-response.js'
export { signInWithDevice, type DeviceSignInOptions } from './flows/device.js'
export type { HeldToken, TokenChoice } from './flows/held-token.js'
export { introspect } from './flows/introspect.js'
export { revoke } from './flows/revoke.js'
export { clientSecretJwt, privateKeyJwt, type ClientAssertionOptions } from './oauth/client-assertion.js'
export {
  clientSecretBasic,
  clientSecretPost,
  tlsClientAuth,
  type AuthenticationContext,
  type ClientAuth,
  type ClientSecretBasicOptions,
  type ClientSecretOptions,
  type Credential,
  type Exchange,
} from './oauth/client-authentication.js'
export { clientCredentials, type ClientCredentialsOptions } from './oauth/client-credentials.js'
export type { ClientKey, ClientKeyNames } from './oauth/client-key.js'
export type { DevicePrompt } from './oauth/device-authorization.js'
export type { IntrospectionResponse } from './oauth/introspection.js'
export { dpop, type DpopOptions } from './oauth/dpop.js'
export { encryptedStore, type EncryptedStoreOptions, type EncryptionKey } from './stores/encrypted.js'
export { memoryStore } from './stores/memory.js'
