export type { Adoption, OldStorage } from './migration/adopt.js'
export { adoptAuth0SpaJsSession, type Auth0SpaJsOptions, type ListedStorage } from './migration/auth0-spa-js.js'
export { adoptOidcClientTsSession, type OidcClientTsOptions } from './migration/oidc-client-ts.js'
export { adoptOktaAuthJsSession, type OktaAuthJsOptions } from './migration/okta-auth-js.js'
