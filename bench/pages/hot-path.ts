import { createTokenManager } from 'evergrant/browser'
import { measureCalls } from '../hot-path-rounds.js'
import type { Round } from '../rounds.js'
import { client, session } from '../session.js'

async function measure(): Promise<Round[]> {
  const tokens = createTokenManager(client)
  await tokens.setTokens(session)
  return measureCalls(tokens)
}

Object.assign(window, { measured: measure() })
