import { joinTokenManager, type TokenManagerOptions } from './create-token-manager.js'
import { joinTokenPool, type TokenPoolOptions } from './create-token-pool.js'
import type { TokenManager } from './core/token-manager.js'
import type { TokenPool } from './core/token-pool.js'
import { isNeverSent } from './oauth/never-sent.js'
import { diagnostics } from './signals/diagnostics-channel.js'
import { memoryStore } from './stores/memory.js'

/**
 * Makes a token manager for Node. Its session lives in memory unless `store` says otherwise. What happens to it is told on
 * the diagnostics channels `evergrant:event` and, as traces, `evergrant:renewal`.
 *
 * @throws EvergrantError `misconfigured` when the options make no sense
 */
export function createTokenManager(options: TokenManagerOptions): TokenManager {
  return joinTokenManager(options, { ...diagnostics, isNeverSent, store: memoryStore() })
}

/**
 * Makes a pool that keeps any number of sessions of one client alive, with one timer and one pace for all. The session `key`
 * is the same one that a manager with this `key`, store and client has. What happens to it is told on the diagnostics channels
 * `evergrant:event` and, as traces, `evergrant:renewal`.
 *
 * @throws EvergrantError `misconfigured` when the options make no sense
 */
export function createTokenPool(options: TokenPoolOptions): TokenPool {
  return joinTokenPool(options, { ...diagnostics, isNeverSent, store: memoryStore() })
}

export {
  clientCredentials,
  clientSecretBasic,
  clientSecretJwt,
  clientSecretPost,
  decodeRecord,
  dpop,
  encodeRecord,
  encryptedStore,
  EvergrantError,
  introspect,
  isEvergrantError,
  memoryStore,
  privateKeyJwt,
  revoke,
  signInWithDevice,
  tlsClientAuth,
} from './index.js'
export type {
  AccessToken,
  AccessTokenOptions,
  AnswerMapping,
  AuthenticationContext,
  ClientAssertionOptions,
  ClientAuth,
  ClientCredentialsOptions,
  ClientKey,
  ClientKeyNames,
  ClientSecretBasicOptions,
  ClientSecretOptions,
  Credential,
  DevicePrompt,
  DeviceSignInOptions,
  Diagnosis,
  DpopOptions,
  EncryptedStoreOptions,
  EncryptionKey,
  EndedRecord,
  EndReason,
  ErrorCode,
  ErrorDetails,
  Exchange,
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
  PooledSession,
  PoolEvent,
  PoolMetrics,
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
  TokenManagerOptions,
  TokenPool,
  TokenPoolOptions,
  TokenResponse,
  Tokens,
  TokenStore,
  Transition,
  UnreadableRecord,
  Versioned,
  WebCryptoKey,
  WebCryptoKeyPair,
} from './index.js'
export { fileStore } from './stores/file.js'
export type { RenewalTrace } from './signals/diagnostics-channel.js'
