import type { TokenManager } from '../core/token-manager.js'
import { Panel } from './panel.js'

/** The network of the application, if it can be cut for a test. */
export interface TimelineNetwork {
  isOnline(): boolean
  setOnline(isOnline: boolean): void
}

/**
 * Shows a session as it lives: its tokens, which tab renewed them when, and what happens. For development: it shows no
 * token, and nothing leaves the browser.
 *
 * Fires `evergrant-network` with `{ online }` in its `detail` when its user cuts or restores the network.
 */
export interface TimelineElement extends HTMLElement {
  /** Whose session to show. */
  tokens: TokenManager | undefined
  /** What the button that cuts the network acts on; there is no such button without it. */
  network: TimelineNetwork | undefined
  /** What the manager was given as `renewEarlySeconds`; 60 by default, as there. */
  renewEarlySeconds: number
}

declare global {
  interface HTMLElementTagNameMap {
    'evergrant-timeline': TimelineElement
  }
}

/** Registers the element, once. Does nothing where there is no page, as when a server renders. */
export function defineTimeline(name = 'evergrant-timeline'): void {
  const registry = globalThis.customElements
  if (registry && !registry.get(name)) registry.define(name, makeElementClass())
}

/** The class can only be made where there are elements, which is not when this module is imported on a server. */
function makeElementClass(): CustomElementConstructor {
  return class extends HTMLElement implements TimelineElement {
    readonly #panel = new Panel(this)

    constructor() {
      super()
      // What was set before the element was defined has become a property of its own, which would hide the accessor.
      for (const name of ['tokens', 'network', 'renewEarlySeconds'] as const) {
        const { value } = Object.getOwnPropertyDescriptor(this, name) ?? {}
        delete (this as Partial<TimelineElement>)[name]
        if (value !== undefined) Object.assign(this, { [name]: value })
      }
    }

    get tokens(): TokenManager | undefined {
      return this.#panel.tokens
    }
    set tokens(tokens: TokenManager | undefined) {
      this.#panel.tokens = tokens
    }

    get network(): TimelineNetwork | undefined {
      return this.#panel.network
    }
    set network(network: TimelineNetwork | undefined) {
      this.#panel.network = network
    }

    get renewEarlySeconds(): number {
      return this.#panel.renewEarlySeconds
    }
    set renewEarlySeconds(seconds: number) {
      this.#panel.renewEarlySeconds = seconds
    }

    connectedCallback(): void {
      this.#panel.start()
    }

    disconnectedCallback(): void {
      this.#panel.stop()
    }
  }
}
