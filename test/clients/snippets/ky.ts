import { isEvergrantError, type TokenManager } from 'evergrant/browser'
import ky, { type KyInstance } from 'ky'

export function createKy(tokens: TokenManager): KyInstance {
  const shouldRetry = ({ error }: { error: Error }) => (isEvergrantError(error) ? false : undefined)
  return ky.create({ fetch: tokens.fetch, retry: { shouldRetry } })
}
