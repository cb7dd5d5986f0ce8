/** A page of an application that keeps its user signed in with a library, as the documents of the library show it. */
export interface OldApplication {
  /** The package and its version, as `stored.json` names them. */
  readonly name: string
  /** A program that signs in, which leaves the page, and sets `window.isSignedIn` when it is back. */
  readonly program: (issuer: string) => string
}

const scope = 'openid offline_access'
const here = 'location.origin + location.pathname'

const signIn = (leave: string, comeBack: string): string => `
  if (new URLSearchParams(location.search).has('code')) {
    await ${comeBack}
    window.isSignedIn = true
  } else {
    await ${leave}
  }`

/** Okta signs with an algorithm that the test server does not know. */
const okta =
  (name: string): OldApplication['program'] =>
  (issuer) => `
    import { OktaAuth } from '${name}'
    const auth = new OktaAuth({
      issuer: '${issuer}',
      clientId: 'client',
      redirectUri: ${here},
      scopes: '${scope}'.split(' '),
      ignoreSignature: true,
    })
    ${signIn('auth.signInWithRedirect()', 'auth.storeTokensFromRedirect()')}`

/** The library knows no server without TLS, unless somebody reaches into it. */
const auth0 =
  (name: string, options: string): OldApplication['program'] =>
  (issuer) => `
    import { Auth0Client } from '${name}'
    const auth = new Auth0Client({ domain: 'localhost', cacheLocation: 'localstorage', useRefreshTokens: true, ${options} })
    Object.assign(auth, { domainUrl: '${issuer}', tokenIssuer: '${issuer}' })
    ${signIn('auth.loginWithRedirect()', 'auth.handleRedirectCallback()')}`

const oidc =
  (name: string, options: string): OldApplication['program'] =>
  (issuer) => `
    import { UserManager } from '${name}'
    const users = new UserManager({
      authority: '${issuer}',
      client_id: 'client',
      redirect_uri: ${here},
      scope: '${scope}',
      ${options}
    })
    ${signIn('users.signinRedirect()', 'users.signinRedirectCallback()')}`

export const oldApplications: readonly OldApplication[] = [
  { name: '@okta/okta-auth-js 8.0.1', program: okta('@okta/okta-auth-js') },
  { name: '@okta/okta-auth-js 5.11.0', program: okta('okta-auth-js-5') },
  {
    name: '@auth0/auth0-spa-js 2.28.3',
    program: auth0('@auth0/auth0-spa-js', `clientId: 'client', authorizationParams: { redirect_uri: ${here} }`),
  },
  {
    name: '@auth0/auth0-spa-js 1.22.6',
    program: auth0('auth0-spa-js-1', `client_id: 'client', redirect_uri: ${here}`),
  },
  { name: 'oidc-client-ts 3.5.0', program: oidc('oidc-client-ts', '') },
  { name: 'oidc-client 1.11.5', program: oidc('oidc-client', `response_type: 'code', loadUserInfo: false`) },
]
