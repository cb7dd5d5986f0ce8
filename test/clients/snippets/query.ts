import { QueryClient, type QueryFunction } from '@tanstack/query-core'
import type { TokenManager } from 'evergrant/browser'

/** Fetches JSON from the URL that is the key of the query. */
const getJson =
  (tokens: TokenManager): QueryFunction =>
  async ({ queryKey: [url], signal }) => {
    const response = await tokens.fetch(String(url), { signal })
    if (!response.ok) throw new Error(`${String(url)} answered ${response.status}`)
    return response.json()
  }

export function createQueryClient(tokens: TokenManager): QueryClient {
  // Only where no answer came is another attempt worth it.
  const retry = (failures: number, error: Error) => failures < 3 && error instanceof TypeError
  const client = new QueryClient({ defaultOptions: { queries: { queryFn: getJson(tokens), retry } } })
  // Nobody is to see what was fetched for another user.
  for (const type of ['adopted', 'signedOut'] as const) tokens.on(type, () => void client.resetQueries())
  return client
}
