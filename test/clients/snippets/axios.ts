import axios, { type AxiosInstance } from 'axios'
import type { TokenManager } from 'evergrant/browser'

export function createAxios(tokens: TokenManager): AxiosInstance {
  return axios.create({ adapter: 'fetch', env: { fetch: tokens.fetch } })
}
