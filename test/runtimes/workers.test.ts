import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import { repository } from '../package/installed-package.js'
import { installPrograms, removePrograms } from './programs.js'
import { runtimesFolder } from './runtimes.js'
import { startServer, type RemoteServer } from './server.js'
import { startWorker, type Worker } from './workerd.js'

const installed = inject('installedPackage')
let folder: string
let remote: RemoteServer
let worker: Worker

beforeAll(async () => {
  folder = await installPrograms(installed)
})
afterAll(() => removePrograms(folder))

const outcomes = (): string[] => remote.server.redemptions.map(({ outcome }) => outcome)

/** In workerd a promise settles in the request that made it or not at all, and what a request leaves running ends with it. */
describe.runIf(inject('hasRuntimes'))('F69 requests of a worker', () => {
  beforeEach(async () => {
    // Long enough for requests to meet.
    remote = await startServer({ fault: () => ({ type: 'delay', responseMs: 500 }), rotation: { graceSeconds: 30 } })
    worker = await startWorker(folder, remote.server.issuer)
  })
  afterEach(async () => {
    await worker.stop()
    remote.close()
  })

  it.each(['own', 'object', 'shared'])('make one renewal while all of them wait: manager %s', async (way) => {
    await worker.request(`/${way}/adopt`)
    const [first, ...others] = await Promise.all(Array.from({ length: 5 }, () => worker.request(`/${way}/ask`)))
    expect(remote.server.inspect(String(first))?.isUsable).toBe(true)
    expect(others.every((token) => token === first)).toBe(true)
    expect(outcomes()).toEqual(['accepted'])
  })

  it.each(['own', 'object'])('finish a renewal that nobody waits for: manager %s', async (way) => {
    await worker.request(`/${way}/adopt`)
    await worker.request(`/${way}/leave`)
    const token = await worker.request(`/${way}/ask`)
    expect(remote.server.inspect(String(token))?.isUsable).toBe(true)
    expect(outcomes()).toEqual(['accepted'])
  })

  it.each(['own', 'object'])('get a token that is due at once, and renew it behind: manager %s', async (way) => {
    await worker.request(`/${way}/adopt-due`)
    expect(await worker.request(`/${way}/ask`)).toBe('due')
    await vi.waitUntil(() => outcomes().length > 0, 3000)
    const token = await worker.request(`/${way}/ask-newer`)
    expect(remote.server.inspect(String(token))?.isUsable).toBe(true)
    expect(outcomes()).toEqual(['accepted'])
  })

  it('repeat what one of them was cut off from, if each has a manager of its own', async () => {
    await worker.request('/cut-off/adopt')
    await worker.request('/cut-off/leave')
    const token = await worker.request('/cut-off/ask')
    expect(remote.server.inspect(String(token))?.isUsable).toBe(true)
    expect(outcomes()).toEqual(['accepted', 'repeated'])
  })

  it('fail for good if they share a manager and one of them was cut off', async () => {
    await worker.request('/shared/adopt')
    await worker.request('/shared/leave')
    for (let request = 0; request < 2; request++) {
      await expect(worker.request('/shared/ask')).rejects.toThrow()
    }
    expect(outcomes()).toEqual(['accepted'])
  })

  it('keep sessions in a Durable Object, by the code that the guide shows', async () => {
    const source = await readFile(path.join(runtimesFolder, 'session-object.ts'), 'utf8')
    expect(await readFile(path.join(repository, 'docs/runtimes.md'), 'utf8')).toContain(source)
    const { passed, failed } = (await worker.request('/object/conformance')) as { passed: string[]; failed: object }
    expect(failed).toEqual({})
    expect(passed.length).toBeGreaterThan(10)
  })
})
