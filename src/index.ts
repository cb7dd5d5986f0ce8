import { joinTokenManager, type TokenManagerOptions } from './create-token-manager.js'
import type { TokenManager } from './core/token-manager.js'
import { memoryStore } from './stores/memory.js'

/**
 * Makes a token manager for any runtime. Its session lives in memory unless `store` says otherwise.
 *
 * @throws EvergrantError `misconfigured` when the options make no sense
 */
export function createTokenManager(options: TokenManagerOptions): TokenManager {
  return joinTokenManager(options, { store: memoryStore() })
}

export type { TokenManagerOptions } from './create-token-manager.js'
export { EvergrantError, isEvergrantError, type ErrorCode, type ErrorDetails } from './core/errors.js'
export type { FormEndpoint, OAuthClient, ServerMetadata } from './core/client.js'
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
  SessionRecord,
  SignedOutRecord,
  StoredRecord,
  UnreadableRecord,
} from './core/record.js'
export type { Revision, SwapResult, TokenStore, Versioned } from './core/store.js'
export { decodeRecord, encodeRecord } from './core/codec.js'
export type { Snapshot } from './core/snapshot.js'
export type { AccessTokenOptions, SetTokensOptions, TokenManager, Tokens } from './core/token-manager.js'
export type { TokenResponse } from './core/token-response.js'
export { clientSecretBasic, type ClientAuth, type ClientSecretBasicOptions } from './oauth/client-authentication.js'
export { clientCredentials, type ClientCredentialsOptions } from './oauth/client-credentials.js'
export { memoryStore } from './stores/memory.js'
