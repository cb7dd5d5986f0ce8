import { vi } from 'vitest'
import { everythingIn } from '../support/everything.js'

const methods = ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir'] as const

/** What was heard of this process. */
export interface ProcessOutput {
  readonly said: readonly string[]
  stop(): void
}

/** Hears what this process says, in place of whoever reads its output, and the errors that nobody catches. */
export function listenToProcess(): ProcessOutput {
  const said: string[] = []
  const hear = (...values: unknown[]): void => void said.push(...values.map(everythingIn))
  const write = (text: unknown): boolean => {
    hear(text)
    return true
  }
  const spies = [
    ...methods.map((method) => vi.spyOn(console, method).mockImplementation(hear)),
    ...[process.stdout, process.stderr].map((stream) => vi.spyOn(stream, 'write').mockImplementation(write)),
    vi.spyOn(process, 'emitWarning').mockImplementation(hear),
  ]
  process.on('unhandledRejection', hear)
  return {
    said,
    stop() {
      for (const spy of spies) spy.mockRestore()
      process.off('unhandledRejection', hear)
    },
  }
}
