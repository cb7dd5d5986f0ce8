import type { Plugin } from 'esbuild'
import { readFile } from 'node:fs/promises'
import { brotliCompressSync } from 'node:zlib'
import { bundle } from './bundle.js'
import { installPackage } from './installed-package.js'

/** What a manager has besides the protocol, by the modules that it would do without. */
const parts: Readonly<Record<string, readonly string[]>> = {
  '`fetch` with the token': ['core/authorized-fetch', 'core/challenge'],
  'IndexedDB, with what mends it': ['stores/indexed-db'],
  'revocation on sign-out': ['core/revocation', 'oauth/revocation', 'flows/revoke'],
  'continuity of ID tokens': ['oauth/id-token'],
  'checks of what is stored': ['core/codec', 'core/invariants'],
  'metadata of the server': ['oauth/discovery'],
  'diagnose()': ['core/diagnosis'],
  'lock and wake-up': ['locks/web-locks', 'signals/wake'],
  'bounded waits of callers': ['core/waiting-room'],
  'tokens by resource and scope': ['core/token-kind'],
  'known end of a session': ['core/horizon'],
}

/** Bytes, minified and compressed. */
export interface Part {
  readonly name: string
  /** How much smaller a page with nothing but a manager would be without it. */
  readonly bytes: number
}

/** What each part takes in a page with nothing but a manager, and what would be left without all of them. */
export async function measureParts(): Promise<{ readonly parts: readonly Part[]; readonly left: number }> {
  const installed = await installPackage()
  const sizeWithout = async (modules: readonly string[]): Promise<number> => {
    const program = `export { createTokenManager } from 'evergrant/browser'`
    const { code } = await bundle(installed, program, { platform: 'browser', plugins: [emptying(modules)] })
    return brotliCompressSync(code).length
  }
  const whole = await sizeWithout([])
  const measured: Part[] = []
  for (const [name, modules] of Object.entries(parts)) {
    measured.push({ name, bytes: whole - (await sizeWithout(modules)) })
  }
  return { parts: measured, left: await sizeWithout(Object.values(parts).flat()) }
}

/** Leaves nothing of some modules but the names they export. */
function emptying(modules: readonly string[]): Plugin {
  return {
    name: 'emptying',
    setup({ onLoad }) {
      onLoad({ filter: /evergrant[/\\]dist[/\\].*\.js$/ }, async ({ path }) => {
        const text = await readFile(path, 'utf8')
        const isEmptied = modules.some((name) => path.replaceAll('\\', '/').endsWith(`/dist/${name}.js`))
        if (!isEmptied) return { contents: text }
        const names = /export \{([^}]*)\}/.exec(text)?.[1]?.split(',') ?? []
        return { contents: names.map((name) => `export let ${name.trim()}`).join('\n') }
      })
    },
  }
}
