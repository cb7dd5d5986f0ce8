// Four processes keep the sessions of 1,000 customers fresh, in one Redis or PostgreSQL:
//   npm run demo:fleet                                       until Ctrl-C; REDIS_URL, or a redis-server of its own
//   DATABASE_URL=... npm run demo:fleet -- --store postgres
//   npm run demo:fleet -- --seconds 60 --customers 1000      for a time; fails unless there was one renewal for each expiry
import { clientSecretBasic, createTokenPool } from 'evergrant/node'
import type { AuthorizationServer } from 'evergrant/testing'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startLoopbackServer } from '../common/loopback-server.js'
import { line, perExpiry, Screen, table } from './board.js'
import { settleAccount, type Account } from './ledger.js'
import { startRedis } from './redis.js'
import { openStore } from './store.js'
import { Workers } from './workers.js'

const { values } = parseArgs({
  options: {
    store: { type: 'string', default: 'redis' },
    seconds: { type: 'string', default: 'Infinity' },
    customers: { type: 'string', default: '1000' },
    lifetime: { type: 'string', default: '30' },
  },
})
const [accessTokenSeconds, seconds] = [Number(values.lifetime), Number(values.seconds)]
const clientId = 'fleet-example'
const secret = 'keep:this/to+yourself%'
const processes = 4
const drawMs = 1000
/** How many sign in at the same time. */
const signInsAtOnce = 20

const customers = Array.from({ length: Number(values.customers) }, (_, index) => `customer-${index + 1}`)
const signedInAt: number[] = []
const ends: (() => Promise<void>)[] = []
const interruption = new AbortController()
const { signal } = interruption
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => interruption.abort())

/** Where the store is, which is started if nobody has said so. */
async function findStore(): Promise<string> {
  const { REDIS_URL, DATABASE_URL } = process.env
  const url = values.store === 'redis' ? REDIS_URL : DATABASE_URL
  if (url) return url
  if (values.store !== 'redis') throw new Error('--store postgres needs the URL of a database in DATABASE_URL')
  const redis = await startRedis()
  ends.push(() => redis.close())
  return redis.url
}

/** Signs all customers in, as a page of the application would: whoever shares the store has their sessions then. */
async function signInAll(server: AuthorizationServer, storeUrl: string): Promise<void> {
  const { store, close } = await openStore(storeUrl)
  const options = { issuer: server.issuer, clientId, clientAuth: clientSecretBasic(secret), store, autoRenew: false }
  const pool = createTokenPool(options)
  const waiting = customers.values()
  const signInSome = async (): Promise<void> => {
    for (const customer of waiting) {
      signedInAt.push(Date.now())
      await pool.session(customer).setTokens(await server.signIn({ clientId, subject: customer }))
    }
  }
  await Promise.all(Array.from({ length: signInsAtOnce }, signInSome))
  await pool[Symbol.asyncDispose]()
  await close()
}

/** Shows what the workers do, until the time is over. */
async function watch(workers: Workers, settle: () => Account): Promise<void> {
  const screen = process.stdout.isTTY ? new Screen() : undefined
  const startedAt = performance.now()
  const elapsed = (): number => Math.round((performance.now() - startedAt) / 1000)
  while (elapsed() < seconds && !signal.aborted) {
    await sleep(drawMs, undefined, { signal }).catch(() => undefined)
    if (screen) screen.draw(table(workers.reports, settle()))
    else console.log(`${elapsed()} s: ${line(workers.reports, settle())}`)
  }
}

/** What is not as it has to be. */
function findFaults({ reports, crashes }: Workers, { expiries, tokenRequests, refused }: Account): string[] {
  const renewals = reports.reduce((sum, { metrics }) => sum + metrics.renewals, 0)
  const failures = reports.reduce((sum, { metrics }) => sum + metrics.failures, 0)
  const failedCalls = reports.flatMap((report) => report.failedCalls)
  const checks: [string, boolean][] = [
    ['nothing was renewed', expiries === 0],
    [`${tokenRequests} token requests for ${expiries} expiries`, tokenRequests !== expiries],
    [`the workers know of ${renewals} renewals, and the server of ${tokenRequests}`, renewals !== tokenRequests],
    [`${failures} renewals failed, ${refused} for good`, failures + refused > 0],
    [`${failedCalls.length} calls failed, such as: ${failedCalls[0]}`, failedCalls.length > 0],
    [`${crashes} workers crashed`, crashes > 0 || reports.length < processes],
  ]
  return checks.filter(([, isFault]) => isFault).map(([fault]) => fault)
}

async function play(): Promise<void> {
  const storeUrl = await findStore()
  const { server, close } = await startLoopbackServer({ clients: { [clientId]: { secret } }, accessTokenSeconds })
  ends.push(close)
  const settle = (): Account => settleAccount(server, signedInAt, accessTokenSeconds)
  const workers = new Workers()
  ends.push(() => workers.stop())
  console.log(`evergrant fleet: ${processes} workers, ${customers.length} customers, one ${values.store}`)
  console.log(`Access tokens live for ${accessTokenSeconds} s, and refresh tokens rotate strictly.`)
  await signInAll(server, storeUrl)
  const settings = { issuer: server.issuer, clientId, secret, storeUrl, api: `${server.issuer}/resource`, customers }
  for (let count = 0; count < processes; count++) workers.start(settings)
  await watch(workers, settle)
  await workers.stop()
  const account = settle()
  const { expiries, tokenRequests } = account
  console.log(`${tokenRequests} token requests for ${expiries} expiries, ${perExpiry(account)} each`)
  const faults = findFaults(workers, account)
  for (const fault of faults) console.log(`FAULT: ${fault}`)
  if (Number.isFinite(seconds) && faults.length > 0) process.exitCode = 1
}

try {
  await play()
} finally {
  for (const end of ends.reverse()) await end()
}
