import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { expect, inject, it } from 'vitest'
import { entryNames } from './entries.js'
import { readManifest, repository } from './installed-package.js'

const installed = inject('installedPackage')

it('has nothing that publint, being strict, would change', async () => {
  const { messages } = await publint({ pkgDir: installed.folder, pack: false, strict: true })
  const manifest = (await readManifest(installed.folder)) as unknown as Record<string, unknown>
  expect(messages.map((message) => formatMessage(message, manifest, { color: false }))).toEqual([])
})

it('has the right types for every way to resolve it that ESM packages support', async () => {
  const attw = path.join(repository, 'node_modules/.bin/attw')
  const args = [installed.tarball, '--profile', 'esm-only', '--format', 'ascii', '--no-color', '--no-emoji']
  const { stdout } = await promisify(execFile)(attw, args).catch((error: unknown) => {
    throw new Error((error as { stdout: string }).stdout)
  })
  // It fails when anything is wrong; that it has looked at everything is left to check.
  for (const name of entryNames) expect(stdout).toContain(`"${name}"`)
})

it('declares that importing it has no side effect', async () => {
  expect((await readManifest(installed.folder)).sideEffects).toBe(false)
})
