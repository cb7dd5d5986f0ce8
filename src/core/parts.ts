import type { OAuthClient } from './client.js'
import type { Environment } from './environment.js'
import type { TokenEvent } from './events.js'
import type { Grant, IdTokenCheck } from './grant.js'
import type { Lock } from './lock.js'
import type { Revoke } from './revocation.js'
import type { Schedule } from './schedule.js'
import type { TokenStore } from './store.js'

/** What a keeper works with. */
export interface KeeperParts {
  readonly environment: Environment
  readonly store: TokenStore
  /** Names the record in the store. */
  readonly key: string
  readonly lock: Lock
  readonly client: OAuthClient
  readonly grant: Grant
  readonly checkIdToken: IdTokenCheck
  readonly revoke: Revoke
  readonly renewEarlySeconds: number
  /** Calls back when a device may have slept or come online, and tells which. Returns a function that ends it. */
  readonly watchWake?: ((look: (isBackOnline?: boolean) => void) => () => void) | undefined
  /** Whether nobody sees what this holder does: then it does nothing that nobody asked for. */
  readonly isHidden?: (() => boolean) | undefined
  /** Is told of each event, after the listeners of its type that came first. */
  readonly onEvent?: ((event: TokenEvent) => void) | undefined
  /** Makes what calls `look` back from time to time; a timer of its own by default. */
  readonly schedule?: ((look: () => void) => Schedule) | undefined
}

/** The parts a manager is put together from. */
export interface ManagerParts extends KeeperParts {
  /** The origins that may be sent the access token. */
  readonly allowedOrigins: ReadonlySet<string>
  readonly autoRenew: boolean
}
