import { createTokenManager } from 'evergrant'
import type { BrowserContext } from 'playwright-core'
import { servePage } from '../test/support/page.js'
import type { Figure } from './figure.js'
import { callsPerBatch, measureCalls, plan } from './hot-path-rounds.js'
import { measureInNewTab } from './pages.js'
import { compare, type Round } from './rounds.js'
import { client, session } from './session.js'

/** Calls of `getAccessToken()` with a fresh token, over those of an async function that returns a string, in Node. */
export async function measureHotPathInNode(): Promise<Figure[]> {
  const tokens = createTokenManager(client)
  await tokens.setTokens(session)
  const rounds = await measureCalls(tokens)
  tokens.dispose()
  return [figureOf('Node', rounds)]
}

/** The same in a page of Chromium. */
export async function measureHotPathInChromium(context: BrowserContext): Promise<Figure[]> {
  const server = await servePage(new URL('./pages/hot-path.ts', import.meta.url))
  try {
    return [figureOf('Chromium', await measureInNewTab<Round[]>(context, server.url), 2)]
  } finally {
    server.close()
  }
}

function figureOf(platform: string, rounds: readonly Round[], budget?: number): Figure {
  return {
    kind: 'ratio',
    what: `\`await getAccessToken()\` with a fresh token, ${platform}`,
    comparedWith: 'an async function that returns a string',
    comparison: compare(rounds),
    unit: 'ns',
    reason:
      'each call reads the clock, as no timer is trusted; that alone takes longer than the function compared with',
    n: `${plan.rounds * plan.timesPerRound} x ${callsPerBatch.toLocaleString('en-US')} calls`,
    budget,
  }
}
