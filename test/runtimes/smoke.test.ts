import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { Asker, installPrograms, removePrograms, runProgram } from './programs.js'
import { runtimes } from './runtimes.js'
import { startServer } from './server.js'
import { startWorker } from './workerd.js'

/** Named here once more, so that a runtime that passes over one of them fails. */
const everywhere = [
  'makes a manager',
  'renews over HTTP, once for ten callers',
  'stores the rotated refresh token',
  'keeps the session encrypted',
  'sends the token to an allowed origin and to no other',
  'repeats a call that was refused with 401',
  'signs out, and has the tokens revoked',
  'tells that the server has ended the session',
  'keeps the session while the server is unavailable',
  'follows no redirect, which would take the refresh token elsewhere',
  'leaves nothing running behind an answer, where it is told to renew nothing early',
  'gives up when the caller does',
  'authenticates a web client with HTTP Basic',
]
const inProcesses = ['keeps the session in a file', 'renews by itself when it is time']

const installed = inject('installedPackage')
const hasRuntimes = inject('hasRuntimes')
let folder: string

beforeAll(async () => {
  folder = await installPrograms(installed)
})
afterAll(() => removePrograms(folder))

describe.runIf(hasRuntimes).each(runtimes.map((runtime) => [runtime.name, runtime] as const))('%s', (name, runtime) => {
  let place: string
  beforeAll(async () => {
    place = path.join(folder, name)
    await mkdir(place)
  })

  it('passes the whole list, and its process ends by itself', async () => {
    const { server, close } = await startServer()
    try {
      const printed = await runProgram(runtime, path.join(folder, 'program.js'), server.issuer, place)
      expect(JSON.parse(printed)).toEqual({ passed: [...everywhere, ...inProcesses], failed: {} })
    } finally {
      close()
    }
  })

  it('shares a session file between two processes, which make one renewal together', async () => {
    // Long enough for them to meet.
    const { server, close } = await startServer({ fault: () => ({ type: 'delay', responseMs: 500 }) })
    const start = (): Asker =>
      new Asker(runtime, path.join(folder, 'asker.js'), server.issuer, path.join(place, 'shared.json'))
    const [one, other] = [start(), start()]
    try {
      expect(await other.say('ask')).toContain('nobody is signed in')
      expect(await one.say(String((await server.signIn()).refresh_token))).toBe('done')
      const [token, same] = await Promise.all([one.say('ask'), other.say('ask')])
      expect(server.inspect(token)?.isUsable).toBe(true)
      expect(same === token).toBe(true)
      expect(server.tokenRequests).toBe(1)
    } finally {
      expect(await Promise.all([one.end(), other.end()])).toEqual([0, 0])
      close()
    }
  })
})

/** The earliest has the fetch options that evergrant needs; `docs/runtimes.md` names it. */
it.runIf(hasRuntimes).each(['2024-11-11', '2026-11-01'])('workerd as of %s passes the whole list', async (date) => {
  const { server, close } = await startServer()
  const worker = await startWorker(folder, server.issuer, date)
  try {
    expect(await worker.request('/smoke')).toEqual({ passed: everywhere, failed: {} })
  } finally {
    await worker.stop()
    close()
  }
})
