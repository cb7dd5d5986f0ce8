import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { clientId, startTvServer } from '../../examples/tv/server.js'
import { createTokenManager, fileStore } from '../../src/node.js'
import { FormVisitor } from '../support/form-visitor.js'
import { tokenLike } from './running.js'

const patience = { timeout: 40_000 }

let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evergrant-tv-test-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('F-043 F-070 examples/tv shows a code, signs in, needs no code when it is switched on again, renews, and ends', async () => {
  const program = ['test/setup/run.mjs', 'examples/tv/demo.ts']
  const tv = spawn(process.execPath, program, { env: { ...process.env, TMPDIR: folder } })
  const ended = new Promise((resolve) => tv.once('close', resolve))
  onTestFinished(() => void tv.kill())
  let output = ''
  for (const stream of [tv.stdout, tv.stderr]) stream.on('data', (part) => (output += String(part)))
  const shows = (text: RegExp) => expect.poll(() => output, patience).toMatch(text)

  await shows(/and enter .*\n/)
  const [, uri = '', userCode = ''] = /open (http\S+)\nand enter ([\w-]+)/.exec(output) ?? []
  const phone = new FormVisitor(uri)
  await phone.open()
  await phone.submit({ user_code: userCode })
  await phone.submit({})
  await phone.submit({ name: 'dora' })
  await shows(/Hello, Dora Example/)

  tv.stdin.write('\n')
  await shows(/Off\.\n$/)
  expect(output).not.toMatch(tokenLike)
  output = ''
  tv.stdin.write('\n')
  await shows(/Hello, Dora Example/)
  expect(output).not.toContain('enter')
  await shows(/Renewal 1: /)
  expect(output).not.toMatch(tokenLike)

  // As with npm, which passes on what the terminal has sent to all.
  for (let times = 0; times < 2; times++) tv.kill('SIGINT')
  expect(await ended).toBe(0)
  expect(output).toMatch(/Off\.\n$/)
  expect(await readdir(folder)).toEqual([])
}, 120_000)

test('examples/tv shows a code when its session is there but only a new sign-in helps, as without a refresh token', async () => {
  const server = await startTvServer()
  onTestFinished(() => server.close())
  const { issuer } = server
  const file = join(folder, 'session.json')
  const before = createTokenManager({ issuer, clientId, store: fileStore(file), autoRenew: false })
  await before.setTokens({ access_token: 'over', expires_in: 60 }, { receivedAt: Date.now() - 120_000 })
  expect(before.getSnapshot().status).toBe('active')
  before.dispose()

  const env = { ...process.env, ISSUER: issuer, CLIENT_ID: clientId, SESSION: file }
  const tv = spawn(process.execPath, ['test/setup/run.mjs', 'examples/tv/tv.ts'], { env })
  const ended = new Promise((resolve) => tv.once('close', resolve))
  onTestFinished(() => void tv.kill())
  let output = ''
  for (const stream of [tv.stdout, tv.stderr]) stream.on('data', (part) => (output += String(part)))
  await expect.poll(() => output, patience).toMatch(/and enter .*\n/)
  tv.kill('SIGTERM')
  expect(await ended).toBe(0)
  expect(output).toMatch(/Off\.\n$/)
}, 60_000)
