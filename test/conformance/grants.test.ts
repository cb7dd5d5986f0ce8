import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const source = fileURLToPath(new URL('../../src/', import.meta.url))

/** Servers for tests are no clients. */
const isOfClients = (file: string): boolean => file.endsWith('.ts') && !file.startsWith('testing')

test('P-203 F-109 no other grant is made than those of codes, refresh tokens, devices and clients', async () => {
  const files = (await readdir(source, { recursive: true })).filter(isOfClients)
  const texts = await Promise.all(files.map((file) => readFile(path.join(source, file), 'utf8')))
  const found = (pattern: RegExp): (string | undefined)[] =>
    texts.flatMap((text) => [...text.matchAll(pattern)].map(([, value]) => value)).sort()
  expect(found(/\bgrant_type: '([^']+)'/g)).toEqual([
    'authorization_code',
    'client_credentials',
    'refresh_token',
    'urn:ietf:params:oauth:grant-type:device_code',
  ])
  expect(found(/\bresponse_type: '([^']+)'/g)).toEqual(['code'])
})
