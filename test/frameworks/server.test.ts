import { createEnvironmentInjector, platformCore, runInInjectionContext, type EnvironmentInjector } from '@angular/core'
import { createElement } from 'react'
import { renderToString as renderReact } from 'react-dom/server'
import { renderToString as renderSolid } from 'solid-js/web'
import { createSSRApp } from 'vue'
import { renderToString as renderVue } from 'vue/server-renderer'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createTokenManager, memoryStore, type TokenManager, type TokenManagerOptions } from '../../src/index.js'
import { createAuthorizationServer } from '../../src/testing.js'
import { injectSession } from './snippets/angular.js'
import { useSession } from './snippets/react.js'
import { createSession as createSolidSession } from './snippets/solid.js'
import { createSession as createSvelteSession } from './snippets/svelte.js'
import { createTokens } from './snippets/tokens.js'
import { useSession as useVueSession } from './snippets/vue.js'

/** What each framework renders on a server. Svelte's runes read the getter as it is. */
const renderers: Readonly<Record<string, (tokens: TokenManager) => string | Promise<string>>> = {
  React: (tokens) => renderReact(createElement(() => useSession(tokens).status)),
  Vue(tokens) {
    const setup = () => {
      const session = useVueSession(tokens)
      return () => session.value.status
    }
    return renderVue(createSSRApp({ setup }))
  },
  Svelte: (tokens) => createSvelteSession(tokens).current.status,
  Solid: (tokens) => renderSolid(() => createSolidSession(tokens)().status),
  Angular(tokens) {
    const injector = createEnvironmentInjector([], platformCore().injector as EnvironmentInjector)
    const status = runInInjectionContext(injector, () => injectSession(tokens)().status)
    injector.destroy()
    return status
  },
}

beforeEach(() => {
  for (const level of ['error', 'warn'] as const) vi.spyOn(console, level)
})
afterEach(() => {
  expect([console.error, console.warn].flatMap((log) => vi.mocked(log).mock.calls)).toEqual([])
  vi.restoreAllMocks()
})

test.each(Object.entries(renderers))('%s renders what a page shows before it knows the session', async (_, render) => {
  const tokens = createTokens()
  expect(await render(tokens)).toBe('starting')
  tokens.dispose()
})

test('a manager of a request does nothing by itself, and needs nobody to dispose of it', async () => {
  const timers = vi.spyOn(globalThis, 'setTimeout')
  const channels = vi.spyOn(globalThis, 'BroadcastChannel')
  const fetched = vi.spyOn(globalThis, 'fetch')
  const managers = Array.from({ length: 100 }, createTokens)
  await new Promise(setImmediate)
  expect([timers, channels, fetched].map((spy) => spy.mock.calls)).toEqual([[], [], []])
  expect(new Set(managers.map((tokens) => tokens.getSnapshot().status))).toEqual(new Set(['starting']))
})

const shared = memoryStore()

test.each<[string, (key: string) => Partial<TokenManagerOptions>]>([
  ['a store each', () => ({})],
  ['one store and a key each', (key) => ({ store: shared, key })],
])('P-057 requests at the same time, with %s, never see the session of another', async (_, optionsFor) => {
  const server = createAuthorizationServer({ rotation: 'strict' })
  const answer = async (subject: string, index: number): Promise<string> => {
    const tokens = createTokenManager({
      issuer: server.issuer,
      clientId: 'client',
      fetch: (input, init) => server.handle(new Request(input, init)),
      ...optionsFor(String(index)),
    })
    await tokens.setTokens({ refresh_token: (await server.signIn({ subject })).refresh_token })
    const token = await tokens.getAccessToken()
    const html = await renderers['Vue']?.(tokens)
    tokens.dispose()
    return `${html} ${server.inspect(token)?.subject}`
  }
  const subjects = Array.from({ length: 40 }, (_, index) => (index % 2 ? 'alice' : 'bob'))
  const answers = await Promise.all(subjects.map(answer))
  expect(answers).toEqual(subjects.map((subject) => `active ${subject}`))
})
