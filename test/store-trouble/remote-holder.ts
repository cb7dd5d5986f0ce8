import { fork, type ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AccessTokenOptions, TokenResponse } from '../../src/index.js'
import type { Command, HolderTask, Reply } from './holder.js'

const callMs = 30_000
const recoveryMs = 40_000
const againMs = 50
const farewellMs = 5000

/** Why a holder could not do what it was told. */
export class HolderError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(`${code}: ${message}`)
  }
}

/** A holder in a process of its own. */
export class RemoteHolder {
  readonly #process: ChildProcess
  readonly #waiting = new Map<number, (reply: Omit<Reply, 'id'>) => void>()
  #calls = 0

  constructor(program: string, task: HolderTask) {
    this.#process = fork(program, [JSON.stringify(task)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#process.on('message', ({ id, ...reply }: Reply) => this.#waiting.get(id)?.(reply))
    this.#process.on('exit', (code, signal) => {
      const failure = { code: 'gone', message: `its process ended with ${code ?? signal}` }
      for (const settle of this.#waiting.values()) settle({ failure })
    })
  }

  open(): Promise<unknown> {
    return this.#call({ do: 'open' })
  }

  close(): Promise<unknown> {
    return this.#call({ do: 'close' })
  }

  signIn(response: TokenResponse): Promise<unknown> {
    return this.#call({ do: 'sign in', response })
  }

  async isBehind(): Promise<boolean> {
    return (await this.#call({ do: 'is behind' })) as boolean
  }

  async getToken(options?: AccessTokenOptions): Promise<string> {
    return String(await this.#call({ do: 'get token', ...(options && { options }) }))
  }

  /**
   * As a program would that goes on when a failure may pass. `onFailure` is told of each.
   *
   * @throws HolderError when it is none of those, or does not pass
   */
  async getTokenInTheEnd(options: AccessTokenOptions, onFailure: (error: HolderError) => void): Promise<string> {
    for (const giveUpAt = performance.now() + recoveryMs; ;) {
      try {
        return await this.getToken(options)
      } catch (error) {
        if (!(error instanceof HolderError)) throw error
        onFailure(error)
        const mayPass = error.code === 'storage_failed' || error.code === 'unavailable'
        if (!mayPass || performance.now() > giveUpAt) throw error
      }
      await sleep(againMs)
    }
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exit = new Promise((resolve) => this.#process.once('exit', resolve))
    if (this.#process.connected) this.#process.disconnect()
    await Promise.race([exit, sleep(farewellMs, undefined, { ref: false })])
    this.#process.kill('SIGKILL')
    await exit
  }

  async #call(command: Command): Promise<unknown> {
    const id = ++this.#calls
    const { value, failure } = await new Promise<Omit<Reply, 'id'>>((resolve) => {
      const tooLong = (): void => resolve({ failure: { code: 'stuck', message: `no answer to '${command.do}'` } })
      const timer = setTimeout(tooLong, callMs)
      this.#waiting.set(id, (reply) => {
        clearTimeout(timer)
        resolve(reply)
      })
      this.#process.send(
        { id, command },
        (error) => error && this.#waiting.get(id)?.({ failure: { code: 'gone', message: error.message } }),
      )
    })
    this.#waiting.delete(id)
    if (failure) throw new HolderError(failure.code, failure.message)
    return value
  }
}
