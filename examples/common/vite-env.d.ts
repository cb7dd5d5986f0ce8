/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** The issuer of the authorization server. */
  readonly VITE_ISSUER: string
  /** The id of this application there. */
  readonly VITE_CLIENT_ID: string
  /** An API that takes its access tokens and answers `GET /me`. */
  readonly VITE_API: string
}
