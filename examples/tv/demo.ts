// A television in this terminal, and the authorization server at which its user signs in:
//   npm run demo:tv     until Ctrl-C; Enter switches the television off and on again
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { clientId, startTvServer } from './server.js'

const farewellMs = 3000
const program = [pathOf('../../test/setup/run.mjs'), pathOf('tv.ts')]

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}

const folder = await mkdtemp(join(tmpdir(), 'evergrant-tv-'))
const server = await startTvServer()
const env = { ...process.env, ISSUER: server.issuer, CLIENT_ID: clientId, SESSION: join(folder, 'session.json') }
const keys = createInterface({ input: process.stdin })
let television: ChildProcess | undefined
/** One change after the other: a television that is going off is not switched on at the same time. */
let switching: Promise<void> = Promise.resolve()

function switchOn(): void {
  const started = spawn(process.execPath, program, { env, stdio: ['ignore', 'inherit', 'inherit'] })
  television = started
  started.once('exit', (code) => {
    if (television === started) television = undefined
    if (code) end(code)
  })
}

async function switchOff(): Promise<void> {
  const running = television
  if (!running) return
  const ended = once(running, 'exit')
  const emergency = setTimeout(() => running.kill('SIGKILL'), farewellMs)
  running.kill('SIGTERM')
  await ended
  clearTimeout(emergency)
}

let ending: Promise<void> | undefined

/** Ends everything, once: npm passes on the signal that the terminal has sent to all. */
function end(code: number): void {
  process.exitCode = code
  keys.close()
  ending ??= switching.then(switchOff).then(cleanUp)
}

/** The session goes with the server, which keeps all it knows in memory. */
async function cleanUp(): Promise<void> {
  await server.close()
  await rm(folder, { recursive: true, force: true })
}

console.log('evergrant TV: Enter switches it off and on again, Ctrl-C ends all.')
console.log('Its authorization server is on this machine: open the link here, instead of scanning it.')
switchOn()
keys.on('line', () => {
  switching = switching.then(() => (television ? switchOff() : switchOn()))
})
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => end(0))
