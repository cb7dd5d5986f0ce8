import { fork, type ChildProcess } from 'node:child_process'
import type { Report } from './report.js'
import type { ServiceSettings } from './service.js'

/** How to run the service. */
export interface ServiceProcessOptions {
  /** The bundled program. */
  readonly program: string
  readonly settings: ServiceSettings
  onReport(name: string, report: Report): void
  /** Called when a process ended that nobody killed. */
  onCrash(name: string): void
}

const restartMs = 500
const farewellMs = 3000

/** Runs the service and, as a supervisor does, starts it again whenever it has ended. */
export class ServiceProcess {
  #process: ChildProcess | undefined
  #restart: NodeJS.Timeout | undefined
  #isOver = false

  constructor(private readonly options: ServiceProcessOptions) {
    this.#start(options.settings)
  }

  /** Ends it with `kill -9`, which leaves it no time for anything. */
  kill(): boolean {
    return this.#process?.kill('SIGKILL') ?? false
  }

  async end(): Promise<void> {
    this.#isOver = true
    clearTimeout(this.#restart)
    const service = this.#process
    if (!service) return
    const ended = new Promise((resolve) => service.once('exit', resolve))
    if (service.connected) service.disconnect()
    const emergency = setTimeout(() => service.kill('SIGKILL'), farewellMs)
    await ended
    clearTimeout(emergency)
  }

  #start(settings: ServiceSettings): void {
    const { program, onReport, onCrash } = this.options
    const service = fork(program, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    const name = `pid ${service.pid}`
    this.#process = service
    service.on('message', (report) => onReport(name, report as Report))
    service.on('exit', (_code, signal) => {
      this.#process = undefined
      onReport(name, { type: 'left' })
      if (this.#isOver) return
      if (signal !== 'SIGKILL') onCrash(name)
      this.#restart = setTimeout(() => this.#start({ ...settings, signIn: undefined }), restartMs)
    })
    service.send(settings)
  }
}
