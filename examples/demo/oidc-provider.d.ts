/**
 * `oidc-provider` works on Node 20, but its main module prints that it is not made for it. These modules, from which the
 * main one takes what it exports, do not.
 */
declare module 'oidc-provider/lib/provider.js' {
  export { Provider } from 'oidc-provider'
}

declare module 'oidc-provider/lib/helpers/errors.js' {
  import type { errors } from 'oidc-provider'
  export const InvalidGrant: typeof errors.InvalidGrant
}
