import { build } from 'esbuild'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { memoryStore, type TokenManager } from 'evergrant'
import { createAuthorizationServer, type AuthorizationDecision } from 'evergrant/testing'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { signInWithRedirect } from '../../src/browser.js'
import { FakeStorage } from './old-page.js'

const root = new URL('../../', import.meta.url)
const origin = 'https://app.example.com'

/** Programs that the documents show, by a text that only they have. */
const shown = [
  ['docs/moving-in.md', 'adoptOktaAuthJsSession(tokens)\n'],
  ['docs/moving-in.md', 'adoptAuth0SpaJsSession(tokens, '],
  ['docs/moving-in.md', 'adoptOidcClientTsSession(tokens, { authority })'],
  ['README.md', 'location.pathname'],
  ['docs/sign-in.md', 'comeBack'],
] as const

/** What a program of the documents gives the rest of an application. */
interface Application {
  readonly tokens: TokenManager
}

interface Page {
  readonly alerts: readonly string[]
  readonly address: string
  /** Runs the program, as a page does that is loaded. */
  load(): Promise<Application>
  /** Sends the user to the server, which decides, and lets them come back to the page, which is loaded anew. */
  signIn(application: Application, decision?: AuthorizationDecision): Promise<Application>
}

const browser = 'evergrant/browser'

/** Makes a module of a program, whose sessions are kept in the memory of this test. */
async function compile(document: string, text: string): Promise<string> {
  const source = await readFile(new URL(document, root), 'utf8')
  const programs = [...source.matchAll(/^```ts\n([^]*?)^```/gm)].map(([, code = '']) => code)
  const [program = '', ...others] = programs.filter((code) => code.includes(text))
  expect(others).toEqual([])
  const { outputFiles } = await build({
    stdin: { contents: `${program}\n${program.includes('createTokenManager(') ? '' : around}`, loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    plugins: [
      {
        name: 'surroundings',
        setup({ onResolve, onLoad }) {
          const path = (name: string) => fileURLToPath(new URL(`src/${name}.ts`, root))
          onResolve({ filter: /^evergrant\/migration$/ }, () => ({ path: path('migration') }))
          onResolve({ filter: /^evergrant\/browser$|my-app/ }, ({ path }) => ({ path, namespace: 'made' }))
          onLoad({ filter: /my-app/, namespace: 'made' }, () => ({ contents: 'export function render() {}' }))
          onLoad({ filter: /browser/, namespace: 'made' }, () => ({
            resolveDir: fileURLToPath(root),
            contents: `
              import { createTokenManager as create } from '${path('browser')}'
              export * from '${path('browser')}'
              export const createTokenManager = (options) => create({ ...options, store: globalThis.storeOfThePage })`,
          }))
        },
      },
    ],
  })
  return outputFiles[0]?.text ?? ''
}

/** What an application has around a program that is only about the callback page. */
const around = `
  import { createTokenManager } from '${browser}'
  export const tokens = createTokenManager({ issuer: 'https://login.example.com', clientId: 'my-page' })
  if (location.pathname === '/callback') await comeBack(tokens)`

let folder: string
let loads = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evergrant-documents-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** A page of an application in Node, where a program of the documents runs. */
async function openPage(document: string, text: string): Promise<Page> {
  const code = await compile(document, text)
  const [issuer = ''] = /https:\/\/(?:login\.example|tenant\.auth0)\.com[^'"]*/.exec(code) ?? []
  let decision: AuthorizationDecision = { subject: 'alice' }
  const server = createAuthorizationServer({ issuer, clients: { 'my-page': {} }, authorize: () => decision })
  const alerts: string[] = []
  let address = new URL('/', origin)
  let sentTo = new URL(issuer)
  const location = {
    origin,
    get href() {
      return address.href
    },
    get pathname() {
      return address.pathname
    },
    assign: (url: URL) => void (sentTo = url),
  }
  const sessionStorage = new FakeStorage()
  const globals = {
    location,
    history: { state: null, replaceState: (_: unknown, __: string, url: URL | string) => (address = to(url)) },
    sessionStorage: Object.assign(sessionStorage, {
      setItem: (name: string, value: string) => sessionStorage.entries.set(name, value),
    }),
    localStorage: new FakeStorage(),
    alert: (words: string) => alerts.push(words),
    fetch: (input: RequestInfo | URL, init?: RequestInit) => server.handle(new Request(input, init)),
    storeOfThePage: memoryStore(),
    console: { ...console, log: () => undefined },
  }
  const to = (url: URL | string): URL => new URL(url, origin)
  for (const [name, value] of Object.entries(globals)) vi.stubGlobal(name, value)
  onTestFinished(() => void vi.unstubAllGlobals())
  const load = async (): Promise<Application> => {
    const module = join(folder, `${++loads}.mjs`)
    await writeFile(module, code)
    const application = (await import(/* @vite-ignore */ pathToFileURL(module).href)) as Application
    onTestFinished(() => application.tokens.dispose())
    return application
  }
  return {
    alerts,
    get address() {
      return address.pathname
    },
    load,
    async signIn({ tokens }, decided = decision) {
      decision = decided
      await signInWithRedirect(tokens, { redirectUri: '/callback', returnTo: '/news' })
      const { headers } = await server.handle(new Request(sentTo))
      address = to(headers.get('location') ?? '')
      return load()
    },
  }
}

describe.each(shown)('in %s, the program with %j', (document, text) => {
  test('starts for a visitor who is signed out, and signs them in when they come back', async () => {
    const page = await openPage(document, text)
    const application = await page.load()
    await expect(application.tokens.getAccessToken()).rejects.toMatchObject({ code: 'login_required' })
    const { tokens } = await page.signIn(application)
    expect(tokens.getSnapshot().status).toBe('active')
    expect(page).toMatchObject({ address: '/news', alerts: [] })
  })

  test('bothers nobody who was sent to a server that does not know them', async () => {
    const page = await openPage(document, text)
    await page.signIn(await page.load(), { error: 'login_required', errorDescription: 'Who are you?' })
    expect(page).toMatchObject({ address: '/news', alerts: [] })
  })

  test('says why the server has refused somebody', async () => {
    const page = await openPage(document, text)
    await page.signIn(await page.load(), { error: 'access_denied', errorDescription: 'Not today.' })
    expect(page).toMatchObject({ address: '/news', alerts: ['Not today.'] })
  })
})
