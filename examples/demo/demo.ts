// Access tokens of a real authorization server are renewed, in the example apps, and in a service and a page across kill -9:
//   npm run demo                     until Ctrl-C; open the apps and the page it names
//   npm run demo -- --open           the same, with the page open in a Chromium without a window
//   npm run demo -- --seconds 60     for a time; fails if a session was lost, or anything else is not as it has to be
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { findEngine } from '../../test/support/engines/launch.js'
import { liveBoard, plainBoard } from './board.js'
import { accessTokenSeconds, graceSeconds, startCast, type Cast } from './cast.js'
import { Tally, type Client } from './tally.js'
import { describeResults, judge } from './verdict.js'
import { startVisitor, type Visitor } from './visitor.js'

const shortestSeconds = 20
const killEveryMs = 45_000
const longestStartMs = 30_000
/** Enough for a renewal that was interrupted, and the next one. */
const longestProofMs = 30_000

const { values } = parseArgs({ options: { seconds: { type: 'string' }, open: { type: 'boolean', default: false } } })
const seconds = values.seconds === undefined ? undefined : Number(values.seconds)
if (seconds !== undefined && !(seconds >= shortestSeconds)) {
  console.error(`--seconds must be a number, ${shortestSeconds} or more: too little happens in less`)
  process.exit(2)
}

const interruption = new AbortController()
const { signal } = interruption
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => interruption.abort())
process.stdout.on('error', () => interruption.abort())

const wait = (ms: number): Promise<void> => sleep(Math.max(0, ms), undefined, { signal })

async function until(condition: () => boolean, mostMs: number): Promise<boolean> {
  for (const giveUpAt = performance.now() + mostMs; !condition() && performance.now() < giveUpAt;) await wait(50)
  return condition()
}

const tally = new Tally()

/** Kills the service every now and then, in either way. */
async function playForEver(cast: Cast): Promise<never> {
  for (;;) {
    await wait(killEveryMs)
    cast.killService()
    await wait(killEveryMs)
    cast.killServiceWhenItRenews()
  }
}

/** Kills the service in both ways, and reloads the page. */
async function playFor(seconds: number, cast: Cast, visitor: Visitor | undefined): Promise<void> {
  const startedAt = performance.now()
  const waitForShare = (share: number): Promise<void> => wait(startedAt + share * seconds * 1000 - performance.now())
  await waitForShare(0.1 + 0.2 * Math.random())
  cast.killService()
  cast.killServiceWhenItRenews()
  await waitForShare(0.5)
  if (visitor) {
    tally.page.interruptions++
    await visitor.reload()
  }
  await waitForShare(1)
}

/** A session has survived if it is renewed once more. */
async function prove(client: Client): Promise<void> {
  const { generation } = client
  const isAlive = await until(() => client.generation > generation, longestProofMs)
  if (!isAlive) client.lostSessions ||= 1
}

async function openPage(url: string): Promise<Visitor | undefined> {
  const chromium = findEngine('chromium')
  if (chromium) return startVisitor(chromium, url)
  tally.note('demo', 'Chromium is not installed, so the page is not opened: this is about the service alone')
  return undefined
}

/** Plays the demo. A bounded run resolves to its verdict. */
async function play(cast: Cast): Promise<string> {
  const visitor = seconds !== undefined || values.open ? await openPage(cast.url) : undefined
  const clients = visitor ? tally.clients : [tally.service]
  try {
    await until(() => clients.every((client) => client.isActive()), longestStartMs)
    if (seconds === undefined) return await playForEver(cast)
    await playFor(seconds, cast, visitor)
    await Promise.all(clients.map(prove))
    const results = clients.map((client) => judge(client, accessTokenSeconds))
    process.exitCode = results.every(({ faults }) => faults.length === 0) ? 0 : 1
    return describeResults(results)
  } finally {
    await visitor?.close()
  }
}

const cast = await startCast(tally)
const head = [
  'evergrant demo: open these in a browser',
  `  single-page app  ${cast.apps.spa}`,
  `  React app        ${cast.apps.react}`,
  `  plain page       ${cast.url}  its session and that of the service are counted below`,
  `oidc-provider, access tokens of ${accessTokenSeconds} s, refresh tokens rotate with ${graceSeconds} s of grace`,
]
const isTerminal = process.stdout.isTTY && process.env.TERM !== 'dumb'
const board = isTerminal ? liveBoard(tally, head, accessTokenSeconds) : plainBoard(tally, head)
const verdict = await play(cast)
  .catch((error: unknown) => {
    if (!signal.aborted) throw error
    if (seconds === undefined) return ''
    process.exitCode = 130
    return 'Interrupted, so there is no verdict.\n'
  })
  .finally(() => board.end())
  .finally(() => cast.end())
process.stdout.write(verdict)
