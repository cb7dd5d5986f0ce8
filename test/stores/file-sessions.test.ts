import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi, type TestContext } from 'vitest'
import type { TokenManager } from '../../src/core/token-manager.js'
import { createTokenManager, fileStore } from '../../src/node.js'
import { createAuthorizationServer, type AuthorizationServer } from '../../src/testing.js'
import { mountTinyDisk, type TinyDisk } from '../support/tiny-disk.js'

/** A session on a disk that can be filled. Its access token has expired, so that whoever asks for one renews. */
class Scene {
  readonly server: AuthorizationServer
  readonly #path: string
  readonly #filler: string
  /** Is called while the server works on a token request. */
  onRequest: (() => Promise<void>) | undefined

  constructor(readonly disk: TinyDisk) {
    this.server = createAuthorizationServer()
    this.#path = join(disk.path, 'session.json')
    this.#filler = join(disk.path, 'filler')
  }

  start(): TokenManager {
    return createTokenManager({
      issuer: this.server.issuer,
      clientId: 'client',
      store: fileStore(this.#path),
      fetch: async (input, init) => {
        const response = await this.server.handle(new Request(input, init))
        if (new URL(response.url || String(input)).pathname.endsWith('/token')) await this.onRequest?.()
        return response
      },
      autoRenew: false,
    })
  }

  async signIn(manager: TokenManager): Promise<void> {
    await manager.setTokens(await this.server.signIn(), { receivedAt: Date.now() - 7_200_000 })
  }

  fill(): Promise<void> {
    return writeFile(this.#filler, 'x'.repeat(1_000_000)).catch(() => undefined)
  }

  free(): Promise<void> {
    return rm(this.#filler)
  }
}

async function onTinyDisk(context: TestContext, run: (scene: Scene) => Promise<void>): Promise<void> {
  const disk = await mountTinyDisk(context, 64)
  try {
    await run(new Scene(disk))
  } finally {
    await disk.remove()
  }
}

test('a full disk: no refresh token is spent that could not be replaced, and who waits is served once there is space', (context) =>
  onTinyDisk(context, async (scene) => {
    await using manager = scene.start()
    await scene.signIn(manager)
    await scene.fill()
    const waiting = manager.getAccessToken()
    await vi.waitFor(() => expect(manager.getSnapshot().error?.code).toBe('storage_failed'), 5000)
    expect(scene.server.tokenRequests).toBe(0)
    await scene.free()
    expect(await waiting).toMatch(/^access/)
    expect(scene.server.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted'])
  }))

test('a disk that fills while the server answers: the tokens are used from memory, and written once there is space', (context) =>
  onTinyDisk(context, async (scene) => {
    await using manager = scene.start()
    await scene.signIn(manager)
    scene.onRequest = () => scene.fill()
    const token = await manager.getAccessToken()
    expect(manager.diagnose().store.isBehind).toBe(true)
    expect(await manager.getAccessToken()).toBe(token)
    await scene.free()
    await vi.waitFor(() => expect(manager.diagnose().store.isBehind).toBe(false), 10_000)
    await using other = scene.start()
    expect(await other.getAccessToken()).toBe(token)
    expect(scene.server.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted'])
  }))

test('a disk that is read only from one moment to the next: the tokens live on in memory', (context) =>
  onTinyDisk(context, async (scene) => {
    const manager = scene.start()
    await scene.signIn(manager)
    scene.onRequest = () => scene.disk.makeReadOnly()
    const errors: string[] = []
    manager.on('error', ({ error }) => errors.push(error.code))
    const token = await manager.getAccessToken()
    expect(await manager.getAccessToken()).toBe(token)
    expect(errors).toEqual(['storage_failed'])
    expect(manager.diagnose().store.isBehind).toBe(true)
    expect(scene.server.tokenRequests).toBe(1)
    await expect(manager[Symbol.asyncDispose]()).rejects.toMatchObject({ code: 'storage_failed' })
  }))
