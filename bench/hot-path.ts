import { createTokenManager } from 'evergrant'
import type { BrowserContext } from 'playwright-core'
import type { Figure } from './figure.js'
import { callsPerBatch, measureCalls, plan, type Calls } from './hot-path-rounds.js'
import { measureInNewTab, serveAsSite } from './pages.js'
import { compare, type Round } from './rounds.js'
import { client, session } from './session.js'

const budget = 2
const firstCalls = 10_000
const firstCallsRounds = 30

/** Calls of `getAccessToken()` with a fresh token, over those of other async functions, in Node. */
export async function measureHotPathInNode(): Promise<Figure[]> {
  const tokens = createTokenManager(client)
  await tokens.setTokens(session)
  const calls = await measureCalls(tokens)
  tokens.dispose()
  return figuresOf('Node', calls)
}

/** The same in a page of Chromium, and the first calls in pages that were just loaded. */
export async function measureHotPathInChromium(context: BrowserContext): Promise<Figure[]> {
  const server = await serveAsSite('hot-path', 'first-calls')
  try {
    const calls = await measureInNewTab<Calls>(context, `${server.url}hot-path`)
    const loads: Round[] = []
    for (let round = 0; round < firstCallsRounds; round++) {
      const load = (first: string): Promise<{ ours: number; theirs: number }> =>
        measureInNewTab(context, `${server.url}first-calls?calls=${firstCalls}&first=${first}`)
      const pair = [await load('ours'), await load('theirs')]
      loads.push({ ours: pair.map(({ ours }) => ours), theirs: pair.map(({ theirs }) => theirs) })
    }
    return [firstCallsFigure(loads), ...figuresOf('Chromium', calls, budget)]
  } finally {
    server.close()
  }
}

function firstCallsFigure(loads: readonly Round[]): Figure {
  return {
    kind: 'ratio',
    what: '`await getAccessToken()` with a fresh token, Chromium, in a page just loaded',
    comparedWith: 'an async function that returns a string',
    comparison: compare(loads),
    unit: 'ns',
    n: `${loads.length * 2} pages x ${firstCalls.toLocaleString('en-US')} calls`,
    budget,
  }
}

function figuresOf(platform: string, { withPlain, withClock }: Calls, most?: number): Figure[] {
  const figure = {
    kind: 'ratio',
    what: `\`await getAccessToken()\` with a fresh token, ${platform}, optimized`,
    unit: 'ns',
    n: `${plan.rounds * plan.timesPerRound} x ${callsPerBatch.toLocaleString('en-US')} calls`,
  } as const
  const reason = 'each call reads the clock, as no timer is trusted; the next row shows what that takes'
  return [
    {
      ...figure,
      comparedWith: 'an async function that returns a string',
      comparison: compare(withPlain),
      budget: most,
      reason,
    },
    { ...figure, comparedWith: 'an async function that reads the clock', comparison: compare(withClock) },
  ]
}
