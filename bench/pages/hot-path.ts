import { createTokenManager } from 'evergrant/browser'
import { measureCalls, type Calls } from '../hot-path-rounds.js'
import { client, session } from '../session.js'

async function measure(): Promise<Calls> {
  const tokens = createTokenManager(client)
  await tokens.setTokens(session)
  return measureCalls(tokens)
}

Object.assign(window, { measured: measure() })
