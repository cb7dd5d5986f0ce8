import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { runExample, tokenLike } from './running.js'

test('F-040 examples/cli signs in once, and 20 of it at once make one token request', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'evergrant-cli-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const demo = runExample('cli/demo.ts', [], { TMPDIR: folder })
  const code = await demo.exitCode
  const all =
    /whoami\nOpen \S+ and enter \S+\nalice\n(.|\n)*\n(alice ?){20}\n20 of 20 .* 1 token request\n(.|\n)*signed out\n$/
  expect([code, demo.output()]).toEqual([0, expect.stringMatching(all)])
  expect(demo.output()).not.toMatch(tokenLike)
  expect(await readdir(folder)).toEqual([])
}, 120_000)
