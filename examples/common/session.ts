import { createTokenManager } from 'evergrant/browser'
import { createNetworkSwitch } from './network-switch.js'

const { VITE_ISSUER: issuer, VITE_CLIENT_ID: clientId, VITE_API: api } = import.meta.env

/** For the timeline's button alone. Your application needs neither this nor the option `fetch`. */
export const network = createNetworkSwitch()

/** The session of this application, in every tab. */
export const tokens = createTokenManager({
  issuer,
  clientId,
  scope: 'openid profile offline_access',
  allowedOrigins: [api],
  fetch: network.fetch,
})

export const profileUrl = `${api}/me`
/** Registered with the authorization server. */
export const redirectUri = `${location.origin}/callback`
export const postLogoutRedirectUri = `${location.origin}/callback`
