import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { startLoopbackServer } from '../../examples/common/loopback-server.js'
import { runExample, tokenLike, type Running } from './running.js'

const patience = { timeout: 30_000 }
const clientId = 'service'
/** Characters that HTTP Basic cannot carry as they are. */
const secret = 'a:b/c+d%e f'

let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evergrant-service-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** The address that a service has said it listens on. */
async function addressOf(service: Running): Promise<string> {
  await expect.poll(service.output, patience).toMatch(/Listening on \S+\n/)
  return /Listening on (\S+)\n/.exec(service.output())?.[1] ?? ''
}

async function get(url: string): Promise<[number, Record<string, unknown>]> {
  const response = await fetch(url)
  return [response.status, (await response.json()) as Record<string, unknown>]
}

test('examples/service goes on with one session after a restart, and says when it has ended', async () => {
  const { server, close } = await startLoopbackServer({ clients: { [clientId]: { secret } }, accessTokenSeconds: 6 })
  onTestFinished(close)
  const { access_token, refresh_token: refreshToken } = await server.signIn({ clientId })
  for (const token of [access_token, refreshToken]) expect(token).toMatch(tokenLike)
  const variables = {
    ...{ ISSUER: server.issuer, CLIENT_ID: clientId, CLIENT_SECRET: secret, REFRESH_TOKEN: refreshToken ?? '' },
    ...{ PROFILE_API: `${server.issuer}/resource`, REPORT_API: `${server.issuer}/resource?scope=reports` },
    ...{ SESSION: join(folder, 'session.json'), PORT: '0' },
  }
  const start = (): Running => runExample('service/service.ts', [], variables)
  const work = [200, { profile: { subject: 'alice' }, report: { subject: clientId } }]

  const first = start()
  const url = await addressOf(first)
  expect(await get(url)).toEqual(work)
  expect(await get(`${url}health`)).toEqual([200, expect.objectContaining({ status: 'active', isStored: true })])
  await expect.poll(first.output, patience).toMatch(/generation 2/)
  first.process.kill('SIGTERM')
  expect([await first.exitCode, first.output()]).toEqual([0, expect.stringMatching(/Stopped\.\n$/)])

  const second = start()
  const nextUrl = await addressOf(second)
  expect(await get(nextUrl)).toEqual(work)
  const [, { generation }] = await get(`${nextUrl}health`)
  expect(generation).toBeGreaterThanOrEqual(2)
  expect(server.redemptions).toEqual(
    server.redemptions.map((_, depth) => expect.objectContaining({ depth, family: 0 })),
  )

  server.revoke(0)
  await expect
    .poll(() => get(`${nextUrl}health`), patience)
    .toEqual([503, expect.objectContaining({ status: 'ended' })])
  expect(await get(nextUrl)).toEqual([503, { error: 'login_required' }])
  second.process.kill('SIGTERM')
  expect(await second.exitCode).toBe(0)
  expect(first.output() + second.output()).not.toMatch(tokenLike)
}, 90_000)

test('the demo of examples/service restarts it, and leaves nothing behind', async () => {
  const demo = runExample('service/demo.ts', [], { TMPDIR: folder })
  const url = await addressOf(demo)
  expect(await get(url)).toEqual([200, expect.anything()])
  demo.process.stdin?.write('\n')
  await expect.poll(demo.output, patience).toMatch(/Stopped(.|\n)*Listening/)
  expect(await get(url)).toEqual([200, expect.anything()])
  demo.process.kill('SIGINT')
  expect(await demo.exitCode).toBe(0)
  expect(demo.output()).not.toMatch(tokenLike)
  expect(await readdir(folder)).toEqual([])
}, 60_000)
