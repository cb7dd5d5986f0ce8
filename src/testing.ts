export type { Environment } from './core/environment.js'
export {
  createAuthorizationServer,
  type AuthorizationServer,
  type AuthorizationServerOptions,
  type TokenFacts,
} from './testing/authorization-server.js'
export { commonFaults, DroppedConnection, type Fault } from './testing/faults.js'
export { nodeListener, type IncomingRequest, type OutgoingResponse } from './testing/node-listener.js'
export type { Redemption, RotationPolicy } from './testing/token-families.js'
export { testStore, type RegisterTest, type StoreBackend, type StoredContent } from './testing/store-conformance.js'
