// A user signs in with a command-line program; when the access token has expired, it is started 20 times at once:
//   npm run demo:cli     fails unless all of them answer, after one token request
import { build } from 'esbuild'
import { spawn } from 'node:child_process'
import { setMaxListeners } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startLoopbackServer } from '../common/loopback-server.js'

const clientId = 'cli-example'
const user = 'alice'
const programs = 20
/** Long enough for the last of them to start before a busy machine has outlived another token. */
const accessTokenSeconds = 20
const longestMs = 60_000

const folder = await mkdtemp(join(tmpdir(), 'evergrant-cli-'))
const { server, close } = await startLoopbackServer({
  clients: { [clientId]: {} },
  accessTokenSeconds,
  deviceIntervalSeconds: 1,
})
const interruption = new AbortController()
const { signal } = interruption
setMaxListeners(2 * programs, signal)
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => interruption.abort())

/** Makes one file of the program, so that it starts as fast as one that is installed. */
async function bundle(): Promise<string> {
  const entry = fileURLToPath(new URL('cli.ts', import.meta.url))
  const outfile = join(folder, 'cli.mjs')
  await build({ entryPoints: [entry], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20' })
  return outfile
}

/** Runs the program. Resolves to what it has printed. */
function run(program: string, command: string, onNote: (text: string) => void): Promise<string> {
  const env = {
    ...process.env,
    ISSUER: server.issuer,
    CLIENT_ID: clientId,
    API: `${server.issuer}/resource`,
    SESSION: join(folder, 'session.json'),
  }
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
  const child = spawn(process.execPath, [program, command], { env, stdio, signal, timeout: longestMs })
  let output = ''
  child.stdout.on('data', (part) => (output += String(part)))
  child.stderr.on('data', (part) => onNote(String(part)))
  return new Promise((resolve, reject) => child.once('error', reject).once('close', () => resolve(output.trim())))
}

/** Prints what a program asks for, and does it in place of the user. */
function obey(note: string): void {
  process.stdout.write(note)
  const [, userCode] = /and enter (\S+)/.exec(note) ?? []
  if (userCode !== undefined) server.decideDevice(userCode, { subject: user })
}

async function play(): Promise<boolean> {
  const program = await bundle()
  console.log('$ cli whoami')
  console.log(await run(program, 'whoami', obey))
  console.log(`\nIts access token expires in ${accessTokenSeconds} s ...`)
  await sleep(accessTokenSeconds * 1000, undefined, { signal })
  console.log(`\n$ cli whoami     ${programs} times at once`)
  const requestsBefore = server.tokenRequests
  const running = Array.from({ length: programs }, () => run(program, 'whoami', console.error))
  const answers = await Promise.all(running)
  const requests = server.tokenRequests - requestsBefore
  const right = answers.filter((answer) => answer === user).length
  console.log(answers.join(' '))
  console.log(`${right} of ${programs} answered ${user}, after ${requests} token request${requests === 1 ? '' : 's'}`)
  console.log(`\n$ cli logout\n${await run(program, 'logout', console.error)}`)
  return right === programs && requests === 1
}

try {
  process.exitCode = (await play()) ? 0 : 1
} catch (error) {
  if (!signal.aborted) throw error
  process.exitCode = 130
} finally {
  await close()
  await rm(folder, { recursive: true, force: true })
}
