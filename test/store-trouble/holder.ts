import { setTimeout as sleep } from 'node:timers/promises'
import type { AccessTokenOptions, TokenManager, TokenResponse } from '../../src/index.js'
import { createTokenManager, isEvergrantError } from '../../src/node.js'
import { openStore, type OpenStore, type Place } from '../processes/places.js'

/** What a holder is told when it is started. */
export interface HolderTask {
  readonly issuer: string
  readonly place: Place
}

/** What a holder can be asked to do. */
export type Command =
  /** Opens the store anew, as after a start, and knows nothing but what it holds. */
  | { readonly do: 'open' }
  | { readonly do: 'sign in'; readonly response: TokenResponse }
  | { readonly do: 'get token'; readonly options?: AccessTokenOptions }
  /** Whether it holds something that the store has not taken. */
  | { readonly do: 'is behind' }
  | { readonly do: 'close' }

/** A command on its way to a holder. */
export interface Call {
  readonly id: number
  readonly command: Command
}

/** What a holder answers. */
export interface Reply {
  readonly id: number
  readonly value?: unknown
  readonly failure?: { readonly code: string; readonly message: string }
}

const openAgainMs = 50

/** Long enough ago for the first tokens not to count as new. */
const ageMs = 60_000

/** A process with one session, which it knows from its store alone. It does what it is told and renews only then. */
class Holder {
  #open: (OpenStore & { readonly tokens: TokenManager }) | undefined

  constructor(private readonly task: HolderTask) {}

  async carryOut(command: Command): Promise<unknown> {
    switch (command.do) {
      case 'open':
        return this.#reopen()
      case 'sign in':
        return this.#tokens.setTokens(command.response, { receivedAt: Date.now() - ageMs })
      case 'get token':
        return this.#tokens.getAccessToken(command.options)
      case 'is behind':
        return this.#tokens.diagnose().store.isBehind
      case 'close':
        return this.close()
    }
  }

  async close(): Promise<void> {
    const open = this.#open
    this.#open = undefined
    await open?.tokens[Symbol.asyncDispose]()
    await open?.close()
  }

  get #tokens(): TokenManager {
    if (!this.#open) throw new Error('it has not been opened')
    return this.#open.tokens
  }

  async #reopen(): Promise<void> {
    await this.close()
    const { issuer, place } = this.task
    const open = await this.#openStore(place)
    const tokens = createTokenManager({ issuer, clientId: 'client', store: open.store, autoRenew: false })
    this.#open = { ...open, tokens }
  }

  /** A service whose store is down when it starts is started again, until it works or somebody has had enough. */
  async #openStore(place: Place): Promise<OpenStore> {
    for (;;) {
      const open = await openStore(place).catch(() => undefined)
      if (open) return open
      await sleep(openAgainMs)
    }
  }
}

function failureOf(error: unknown): NonNullable<Reply['failure']> {
  const message = error instanceof Error ? error.message : String(error)
  return { code: isEvergrantError(error) ? error.code : 'foreign', message }
}

const holder = new Holder(JSON.parse(process.argv[2] ?? '') as HolderTask)
process.on('message', ({ id, command }: Call) => {
  const reply = (rest: Omit<Reply, 'id'>): void => void process.send?.({ id, ...rest } satisfies Reply)
  holder.carryOut(command).then(
    (value) => reply({ value }),
    (error: unknown) => reply({ failure: failureOf(error) }),
  )
})
// Nobody is left to do anything for.
process.on('disconnect', () => process.exit())
