import path from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest'
import { Asker, installPrograms, removePrograms } from './programs.js'
import { runtimes } from './runtimes.js'
import { startServer, type RemoteServer } from './server.js'

const installed = inject('installedPackage')
let folder: string
let remote: RemoteServer

beforeAll(async () => {
  folder = await installPrograms(installed)
  remote = await startServer({ accessTokenSeconds: 3 })
})
afterAll(async () => {
  remote.close()
  await removePrograms(folder)
})

/** What functions in a cloud go through between two calls: no timer runs, and connections break. */
describe.runIf(inject('hasRuntimes')).each(runtimes.map((runtime) => [runtime.name, runtime] as const))(
  '%s',
  (name, runtime) => {
    it('renews at the first call after it was frozen for longer than its token lived', async () => {
      const { server } = remote
      const asker = new Asker(runtime, path.join(folder, 'asker.js'), server.issuer, path.join(folder, name))
      const { refresh_token } = await server.signIn()
      expect(await asker.say(String(refresh_token))).toBe('done')
      const old = await asker.say('ask')
      expect(server.inspect(old)?.isUsable).toBe(true)

      asker.signal('SIGSTOP')
      const before = server.tokenRequests
      remote.breakConnections()
      await vi.waitUntil(() => server.inspect(old)?.isUsable === false, 5000)
      const asked = asker.say('ask')
      asker.signal('SIGCONT')
      const token = await asked

      expect(server.inspect(token)?.isUsable).toBe(true)
      expect(server.tokenRequests - before).toBe(1)
      expect(await asker.end()).toBe(0)
    })
  },
)
