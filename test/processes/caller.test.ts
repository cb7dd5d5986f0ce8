import { execFile } from 'node:child_process'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { makeProgram } from '../support/program.js'

/** A port on which nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

test('a program that waits for a token lives until it has an answer, and then ends by itself', async () => {
  const program = await makeProgram(new URL('./caller.ts', import.meta.url))
  try {
    const issuer = `http://127.0.0.1:${await freePort()}`
    const { stdout } = await promisify(execFile)(process.execPath, [program.path, issuer], { timeout: 20_000 })
    expect(stdout).toBe('unavailable\n')
  } finally {
    await program.remove()
  }
}, 30_000)
