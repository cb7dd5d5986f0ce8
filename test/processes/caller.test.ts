import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { createTokenManager, fileStore } from '../../src/node.js'
import { freePort } from '../support/listen.js'
import { makeProgram } from '../support/program.js'

async function outputOf(name: string, ...parameters: string[]): Promise<string> {
  const program = await makeProgram(new URL(`./${name}.ts`, import.meta.url))
  try {
    return (await promisify(execFile)(process.execPath, [program.path, ...parameters], { timeout: 25_000 })).stdout
  } finally {
    await program.remove()
  }
}

test('P-094 a program that waits for a token lives until it has an answer, and then ends by itself', async () => {
  const issuer = `http://127.0.0.1:${await freePort()}`
  expect(await outputOf('caller', issuer)).toBe('unavailable\n')
}, 30_000)

test('a program that waits for its manager to end lives until that is over, while a renewal waits for its turn', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'evergrant-leaver-'))
  const issuer = `http://127.0.0.1:${await freePort()}`
  const store = fileStore(join(folder, 'session.json'))
  const key = `evergrant ${issuer} client default`
  try {
    await signIn(issuer, store)
    await letOtherRenew(store, key)
    expect(await outputOf('leaver', issuer, join(folder, 'session.json'))).toBe('left\n')
  } finally {
    await rm(folder, { recursive: true })
  }
}, 30_000)

/** With a token that is due, and not over yet. */
async function signIn(issuer: string, store: ReturnType<typeof fileStore>): Promise<void> {
  const metadata = { issuer, token_endpoint: `${issuer}/token` }
  await using tokens = createTokenManager({ metadata, clientId: 'client', store, autoRenew: false })
  const response = { access_token: 'access', refresh_token: 'refresh', expires_in: 1000 }
  await tokens.setTokens(response, { receivedAt: Date.now() - 970_000 })
}

/** Puts the mark of another holder there, which has died on the way. */
async function letOtherRenew(store: ReturnType<typeof fileStore>, key: string): Promise<void> {
  const { record, revision } = (await store.read(key)) ?? {}
  if (record?.state !== 'live') throw new Error('nobody is signed in')
  const intent = { owner: 'other', attempt: 1, beat: 0, inDoubt: false }
  expect(await store.swap(key, revision, { ...record, intent })).toMatchObject({ won: true })
}
