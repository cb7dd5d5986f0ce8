export type { Environment } from './core/environment.js'
export {
  createAuthorizationServer,
  type AuthorizationServer,
  type AuthorizationServerOptions,
} from './testing/authorization-server.js'
export type {
  AuthorizationDecision,
  AuthorizationOptions,
  AuthorizationRequest,
} from './testing/authorization-endpoint.js'
export type { ClientAuthMethod, ClientRegistration } from './testing/clients.js'
export type { DeviceOptions } from './testing/device-codes.js'
export type { Dialect, TokenAnswer } from './testing/dialect.js'
export { commonFaults, DroppedConnection, type Fault } from './testing/faults.js'
export type { TokenFacts } from './testing/issued-tokens.js'
export type { Logout } from './testing/logouts.js'
export { nodeListener, type IncomingRequest, type OutgoingResponse } from './testing/node-listener.js'
export { personas, type Persona, type PersonaName } from './testing/personas.js'
export type { Revocation } from './testing/revocations.js'
export type { Redemption, RotationPolicy } from './testing/token-families.js'
export { testStore, type RegisterTest, type StoreBackend, type StoredContent } from './testing/store-conformance.js'
