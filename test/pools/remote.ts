import { fork, type ChildProcess } from 'node:child_process'

/** What a process does when its parent asks it to. What goes to and fro is JSON. */
export type Service = Readonly<Record<string, (...args: never[]) => unknown>>

interface Call {
  readonly id: number
  readonly name: string
  readonly args: never[]
}

interface Reply {
  readonly id: number
  readonly result?: unknown
  readonly failure?: string | undefined
}

interface Waiting {
  readonly resolve: (result: never) => void
  readonly reject: (error: Error) => void
}

const farewellMs = 15_000

/** Does what the parent of this process asks for, until the parent has no more to ask. */
export function serve(service: Service): void {
  const answer = async ({ id, name, args }: Call): Promise<void> => {
    let reply: Reply
    try {
      reply = { id, result: await service[name]?.(...args) }
    } catch (error) {
      reply = { id, failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }
    }
    process.send?.(reply)
  }
  process.on('message', (call) => void answer(call as Call))
  process.on('disconnect', () => process.exit())
}

/** A process that does what it is asked for. */
export class Remote<S extends Service> {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, Waiting>()
  readonly #over: Promise<void>
  #calls = 0

  /** Starts a program that calls {@link serve}; it finds `task` in its first argument. */
  constructor(program: string, task: unknown, execArgv: readonly string[] = []) {
    const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const
    this.#child = fork(program, [JSON.stringify(task)], { stdio: [...stdio], execArgv: [...execArgv] })
    this.#child.on('message', (reply) => this.#settle(reply as Reply))
    this.#over = new Promise((resolve) => this.#child.once('exit', () => resolve()))
    void this.#over.then(() => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${program} has ended`))
    })
  }

  call<N extends keyof S & string>(name: N, ...args: Parameters<S[N]>): Promise<Awaited<ReturnType<S[N]>>> {
    const id = this.#calls++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#child.send({ id, name, args } satisfies Call)
    })
  }

  /** Lets the process end, or sees to it. */
  async end(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect()
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), farewellMs)
    await this.#over
    clearTimeout(timer)
  }

  #settle({ id, result, failure }: Reply): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (failure === undefined) waiting?.resolve(result as never)
    else waiting?.reject(new Error(failure))
  }
}
