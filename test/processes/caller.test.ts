import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { freePort } from '../support/listen.js'
import { makeProgram } from '../support/program.js'

test('P-094 a program that waits for a token lives until it has an answer, and then ends by itself', async () => {
  const program = await makeProgram(new URL('./caller.ts', import.meta.url))
  try {
    const issuer = `http://127.0.0.1:${await freePort()}`
    const { stdout } = await promisify(execFile)(process.execPath, [program.path, issuer], { timeout: 20_000 })
    expect(stdout).toBe('unavailable\n')
  } finally {
    await program.remove()
  }
}, 30_000)
