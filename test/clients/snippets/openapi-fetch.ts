import type { TokenManager } from 'evergrant/browser'
import createClient, { type Client } from 'openapi-fetch'

export function createApiClient<Paths extends object>(tokens: TokenManager, baseUrl: string): Client<Paths> {
  return createClient<Paths>({ baseUrl, fetch: tokens.fetch })
}
