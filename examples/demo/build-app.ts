import { fileURLToPath } from 'node:url'
import { build } from 'vite'

/** The apps of `examples` that run in a browser. */
export type AppName = 'spa' | 'react'

/** What an app is told when it is built. */
export interface AppSettings {
  readonly VITE_ISSUER: string
  readonly VITE_CLIENT_ID: string
  readonly VITE_API: string
}

/** Builds an app with Vite into a folder. Here `evergrant` is the source next to the examples, not a package. */
export async function buildApp(name: AppName, settings: AppSettings, folder: string): Promise<void> {
  await build({
    configFile: false,
    envDir: false,
    logLevel: 'error',
    root: pathOf(`../${name}/`),
    define: Object.fromEntries(
      Object.entries(settings).map(([variable, value]) => [`import.meta.env.${variable}`, JSON.stringify(value)]),
    ),
    resolve: { alias: [{ find: /^evergrant\/(.+)$/, replacement: pathOf('../../src/$1.ts') }] },
    build: { outDir: folder, emptyOutDir: true, target: 'es2022' },
  })
}

function pathOf(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url))
}
