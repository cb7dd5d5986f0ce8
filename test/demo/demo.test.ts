import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { TokenRequest } from '../../examples/demo/authorization-server.js'
import { graceAdapter } from '../../examples/demo/grace-adapter.js'
import { Client } from '../../examples/demo/tally.js'
import { judge } from '../../examples/demo/verdict.js'
import { findEngine, requireEngine } from '../support/engines/launch.js'

/** Longer than any word the demo prints, and shorter than any token or secret in it. */
const tokenLike = /[\w-]{32,}/

let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evergrant-demo-test-'))
})

afterEach(() => rm(folder, { recursive: true, force: true }))

/** A program that runs, and what it has printed. */
interface Running {
  readonly process: ChildProcess
  readonly output: () => string
  readonly exitCode: Promise<number | null>
}

/** Starts a program that has the folder for all its temporary files. */
function start(command: string, args: readonly string[]): Running {
  let output = ''
  // npm lets Node keep what it has compiled in the folder for temporary files.
  const env = { ...process.env, TMPDIR: folder, NODE_DISABLE_COMPILE_CACHE: '1' }
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (output += String(part)))
  return {
    process: child,
    output: () => output,
    exitCode: new Promise((resolve) => child.once('close', resolve)),
  }
}

/** The processes of this machine that were started with the folder for their temporary files. */
async function processesOfFolder(): Promise<string[]> {
  const ids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  const owners = ids.map(async (id) => {
    const environment = await readFile(`/proc/${id}/environ`, 'utf8').catch(() => '')
    return environment.includes(folder) ? id : undefined
  })
  return (await Promise.all(owners)).filter((id) => id !== undefined)
}

async function expectNothingLeft(): Promise<void> {
  await expect.poll(processesOfFolder, { timeout: 5000 }).toEqual([])
  expect(await readdir(folder)).toEqual([])
}

/** The figures of a verdict by the titles of their rows. */
function figures(output: string): Record<string, number[]> {
  const rows = output.matchAll(/^ *(\w.*?)((?: +[\d.]+)+)$/gm)
  return Object.fromEntries(Array.from(rows, ([, title, values]) => [title, values?.trim().split(/ +/).map(Number)]))
}

describe('npm run demo', () => {
  test('keeps the sessions of a service and a page through two kills, and leaves nothing behind', async (context) => {
    if (process.env.CI) requireEngine(context, 'chromium')
    const demo = start('npm', ['run', '--silent', 'demo', '--', '--seconds', '25'])
    expect([await demo.exitCode, demo.output()]).toEqual([0, expect.stringMatching(/kill -9(.|\n)*kill -9/)])
    const clients = findEngine('chromium') ? ['service', 'page'] : ['service']
    const all = (value: number): number[] => clients.map(() => value)
    expect(demo.output()).toMatch(new RegExp(`^ +${clients.join(' +')}$`, 'm'))
    expect(figures(demo.output())).toMatchObject({
      'requests per lifetime': all(1),
      'expired tokens served': all(0),
      'failed calls': all(0),
      'sessions lost': all(0),
    })
    const { renewals } = figures(demo.output())
    expect(renewals).toHaveLength(clients.length)
    for (const count of renewals ?? []) expect(count).toBeGreaterThan(1)
    expect(demo.output()).not.toMatch(tokenLike)
    await expectNothingLeft()
  }, 120_000)

  test('serves the example apps, and leaves nothing behind when it is interrupted', async () => {
    const demo = start(process.execPath, ['test/setup/run.mjs', 'examples/demo/demo.ts', '--open'])
    await expect
      .poll(demo.output, { timeout: 40_000 })
      .toMatch(findEngine('chromium') ? /tab .*found its session/ : /renewed/)
    expect(await processesOfFolder()).not.toEqual([])
    const [, spa = '', react = ''] = /^evergrant demo.*\n.* (http:.*)\n.* (http:.*)\n/.exec(demo.output()) ?? []
    for (const url of [spa, react]) expect(await (await fetch(url)).text()).toContain('<title>evergrant · ')
    demo.process.kill('SIGINT')
    expect(await demo.exitCode).toBe(0)
    await expectNothingLeft()
  }, 60_000)
})

/** A client whose access tokens of 12 seconds were renewed at these seconds after the sign-in. */
function clientWith(renewedAt: readonly number[], changes: Partial<Client> = {}): Client {
  const client = new Client('page', '', 'reload', 0)
  const request = { clientId: 'page', grantType: 'refresh_token', outcome: 'issued', error: undefined } as const
  client.requests.push({ ...request, grantType: 'authorization_code', at: 0 })
  for (const seconds of renewedAt) client.requests.push({ ...request, at: seconds * 1000 })
  return Object.assign(client, { generation: renewedAt.length, calls: 100, ...changes })
}

function outcome(client: Client, outcome: TokenRequest['outcome']): Client {
  client.requests.push({ at: 100_000, clientId: 'page', grantType: 'refresh_token', outcome, error: undefined })
  return client
}

describe('the verdict', () => {
  test('finds no fault in one request for each lifetime', () => {
    const { faults, ...figures } = judge(clientWith([8.5, 17.5, 26]), 12)
    expect(faults).toEqual([])
    expect(figures).toMatchObject({ renewals: 3, tokenRequests: 3, lifetimes: 3, requestsPerLifetime: 1 })
  })

  test('allows as many repeated requests as there were kills', () => {
    expect(judge(outcome(clientWith([9], { interruptions: 1 }), 'repeated'), 12).faults).toEqual([])
  })

  test.each([
    ['a request before the token was due', clientWith([9, 10]), '2 requests for 1 lifetimes'],
    ['a session that ended', clientWith([9], { lostSessions: 1 }), 'the session was lost'],
    ['an expired token that was served', clientWith([9], { expiredServed: 1 }), '1 expired tokens were served'],
    ['a call that failed', clientWith([9], { failedCalls: ['unavailable'] }), '1 calls failed'],
    ['no renewal at all', clientWith([]), 'nothing was renewed'],
    ['no call at all', clientWith([9], { calls: 0 }), 'no call was made'],
    ['a renewal that the client knows nothing of', clientWith([9, 18], { generation: 1 }), 'client knows of 1'],
    ['a repeated request without a kill', outcome(clientWith([9]), 'repeated'), 'repeated after 0 interruptions'],
    ['a request that was refused', outcome(clientWith([9]), 'refused'), 'refused 1 requests'],
  ])('names %s', (_title, client, fault) => {
    expect(judge(client, 12).faults).toEqual([expect.stringContaining(fault)])
  })
})

describe('graceAdapter()', () => {
  const token = { grantId: 'grant', clientId: 'service' }

  test('hides that a refresh token was used for as long as the grace lasts, counted from its first use', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const adapter = graceAdapter(30)('RefreshToken')
    await adapter.upsert('one', token)
    await adapter.consume('one')
    for (const ms of [20_000, 9_999]) {
      vi.setSystemTime(Date.now() + ms)
      expect(await adapter.find('one')).toEqual(token)
      await adapter.consume('one')
    }
    vi.setSystemTime(Date.now() + 1)
    expect(await adapter.find('one')).toMatchObject({ consumed: true })
    vi.useRealTimers()
  })

  test.each([
    ['RefreshToken', 0],
    ['AuthorizationCode', 30],
  ])('lets one of two requests with one %s win, and ends their grant', async (model, graceSeconds) => {
    const adapters = graceAdapter(graceSeconds)
    const [adapter, grants] = [adapters(model), adapters('Grant')]
    await grants.upsert('grant', {})
    await adapter.upsert('one', token)
    await adapter.upsert('next', token)
    expect([await adapter.find('one'), await adapter.find('one')]).toEqual([token, token])
    await adapter.consume('one')
    await expect(adapter.consume('one')).rejects.toThrow('invalid_grant')
    expect([await adapter.find('one'), await adapter.find('next'), await grants.find('grant')]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })
})
