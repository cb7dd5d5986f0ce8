import { createTokenManager } from 'evergrant/browser'
import { timeOurs, timePlain } from '../hot-path-rounds.js'
import { client, session } from '../session.js'

const parameters = new URLSearchParams(location.search)
const calls = Number(parameters.get('calls'))

async function measure(): Promise<{ ours: number; theirs: number }> {
  const tokens = createTokenManager(client)
  await tokens.setTokens(session)
  if (parameters.get('first') === 'ours') {
    const ours = await timeOurs(tokens, calls)
    return { ours, theirs: await timePlain(calls) }
  }
  const theirs = await timePlain(calls)
  return { theirs, ours: await timeOurs(tokens, calls) }
}

Object.assign(window, { measured: measure() })
