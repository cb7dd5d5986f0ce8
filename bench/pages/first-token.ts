import { createTokenManager } from 'evergrant/browser'
import { client } from '../session.js'

async function measure(): Promise<number> {
  const startedAt = performance.now()
  await createTokenManager(client).getAccessToken()
  return performance.now() - startedAt
}

Object.assign(window, { measured: measure() })
