import type { TokenManager } from '../core/token-manager.js'
import { element, setText } from './dom.js'
import type { Log } from './log.js'

/** What the buttons act on. */
export interface ControlParts {
  tokens(): TokenManager | undefined
  readonly log: Log
  /** Undefined where there is no network that can be cut. */
  isOnline(): boolean | undefined
  setOnline(isOnline: boolean): void
}

/** The buttons. */
export class Controls {
  readonly root: HTMLElement
  readonly #renew = button('Force a renewal', () => void this.#forceRenewal())
  readonly #open = button('Open a tab', () => void window.open(location.href, '_blank', 'noopener'))
  readonly #network = button('Cut the network', () => this.#toggleNetwork())
  readonly #signOut = button('Sign out', () => void this.#leave())

  constructor(private readonly parts: ControlParts) {
    this.#renew.classList.add('primary')
    const all = [this.#renew, this.#open, this.#network, this.#signOut]
    this.root = element('div', { class: 'controls', role: 'group', 'aria-label': 'Try it' }, ...all)
  }

  show(): void {
    const isActive = this.parts.tokens()?.getSnapshot().status === 'active'
    const isOnline = this.parts.isOnline()
    for (const button of [this.#renew, this.#signOut]) button.setAttribute('aria-disabled', String(!isActive))
    this.#network.hidden = isOnline === undefined
    setText(this.#network, isOnline ? 'Cut the network' : 'Restore the network')
    this.#network.classList.toggle('alarm', !isOnline)
  }

  async #forceRenewal(): Promise<void> {
    const { log } = this.parts
    const tokens = this.parts.tokens()
    if (!tokens || this.#renew.getAttribute('aria-busy') === 'true') return
    this.#renew.setAttribute('aria-busy', 'true')
    const before = generationOf(tokens)
    try {
      await tokens.renew()
      if (generationOf(tokens) === before) log.add('plain', 'Nothing to renew', 'the token is not five seconds old')
    } catch (error) {
      log.add('warning', 'The renewal did not succeed', codeOf(error))
    }
    this.#renew.removeAttribute('aria-busy')
    this.show()
  }

  #toggleNetwork(): void {
    const isOnline = !this.parts.isOnline()
    this.parts.log.add(isOnline ? 'plain' : 'warning', isOnline ? 'Network restored' : 'Network cut', 'in this tab')
    this.parts.setOnline(isOnline)
  }

  async #leave(): Promise<void> {
    try {
      await this.parts.tokens()?.signOut()
    } catch (error) {
      this.parts.log.add('bad', 'The sign-out is not complete', codeOf(error))
    }
  }
}

/** A button which does nothing while it is marked as disabled. It is not made so: one that is loses the focus. */
function button(text: string, onClick: () => void): HTMLButtonElement {
  const made = document.createElement('button')
  made.type = 'button'
  made.append(text)
  made.addEventListener('click', () => {
    if (made.getAttribute('aria-disabled') !== 'true') onClick()
  })
  return made
}

function generationOf(tokens: TokenManager): number | undefined {
  const snapshot = tokens.getSnapshot()
  return snapshot.status === 'active' ? snapshot.generation : undefined
}

/** The code of an error of a token manager; nothing of any other, whose text may hold anything. */
function codeOf(error: unknown): string {
  return typeof error === 'object' && error && 'code' in error ? String(error.code) : 'an unexpected error'
}
