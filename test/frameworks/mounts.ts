import {
  createEnvironmentInjector,
  effect,
  platformCore,
  provideZonelessChangeDetection,
  runInInjectionContext,
  ɵINJECTOR_SCOPE,
  type EnvironmentInjector,
} from '@angular/core'
import { createElement, StrictMode, type ReactNode } from 'react'
import { createRoot, hydrateRoot } from 'react-dom/client'
import { insert } from 'solid-js/web'
import { createRoot as createSolidRoot } from 'solid-js'
import { toStore } from 'svelte/store'
import { createApp, createSSRApp, h, type Component } from 'vue'
import type { Snapshot, TokenManager } from '../../src/browser.js'
import { injectSession } from './snippets/angular.js'
import { useSession } from './snippets/react.js'
import { createSession as createSolidSession } from './snippets/solid.js'
import { createSession as createSvelteSession } from './snippets/svelte.js'
import { useSession as useVueSession } from './snippets/vue.js'

/** Turns a session into the text that a user interface shows, and notes that it was asked to. */
export type Show = (session: Snapshot) => string

/** Lets a framework show a session in an element. Returns a function that takes it away again. */
export type Mount = (element: Element, tokens: TokenManager, show: Show) => () => void

const reactApp = (tokens: TokenManager, show: Show): ReactNode =>
  createElement(function App() {
    return show(useSession(tokens))
  })

function mountReact(element: Element, node: ReactNode): () => void {
  const root = createRoot(element)
  root.render(node)
  return () => root.unmount()
}

const vueApp = (tokens: TokenManager, show: Show): Component => ({
  setup() {
    const session = useVueSession(tokens)
    return () => h('p', show(session.value))
  },
})

function mountAngular(element: Element, tokens: TokenManager, show: Show): () => void {
  // An application as `bootstrapApplication` makes it, less its components, which would need Angular's compiler.
  const providers = [provideZonelessChangeDetection(), { provide: ɵINJECTOR_SCOPE, useValue: 'root' }]
  const injector = createEnvironmentInjector(providers, platformCore().injector as EnvironmentInjector)
  runInInjectionContext(injector, () => {
    const session = injectSession(tokens)
    effect(() => void (element.textContent = show(session())))
  })
  return () => injector.destroy()
}

export const mounts: Readonly<Record<string, Mount>> = {
  React: (element, tokens, show) => mountReact(element, reactApp(tokens, show)),
  'React in strict mode': (element, tokens, show) =>
    mountReact(element, createElement(StrictMode, null, reactApp(tokens, show))),
  Vue(element, tokens, show) {
    const app = createApp(vueApp(tokens, show))
    app.mount(element)
    return () => app.unmount()
  },
  Svelte(element, tokens, show) {
    const session = createSvelteSession(tokens)
    return toStore(() => session.current).subscribe((current) => void (element.textContent = show(current)))
  },
  Solid: (element, tokens, show) =>
    createSolidRoot((dispose) => {
      const session = createSolidSession(tokens)
      insert(element, () => show(session()))
      return dispose
    }),
  Angular: mountAngular,
}

/** The same, into an element that holds what a server rendered. */
export const hydrations: Readonly<Record<string, Mount>> = {
  React(element, tokens, show) {
    const root = hydrateRoot(element, reactApp(tokens, show))
    return () => root.unmount()
  },
  Vue(element, tokens, show) {
    const app = createSSRApp(vueApp(tokens, show))
    app.mount(element)
    return () => app.unmount()
  },
}
