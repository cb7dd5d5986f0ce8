// A web service and its authorization server, whose access tokens live for 15 seconds:
//   npm run demo:service     until Ctrl-C; Enter restarts the service
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { freePort, startLoopbackServer } from '../common/loopback-server.js'

const clientId = 'service-example'
/** Characters that HTTP Basic cannot carry as they are (RFC 6749 section 2.3.1). */
const secret = 'keep:this/to+yourself%'
const farewellMs = 10_000
const program = [pathOf('../../test/setup/run.mjs'), pathOf('service.ts')]

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url))
}

const folder = await mkdtemp(join(tmpdir(), 'evergrant-service-'))
const { server, close } = await startLoopbackServer({
  clients: { [clientId]: { secret } },
  accessTokenSeconds: 15,
  rotation: { graceSeconds: 30 },
})
const { refresh_token: refreshToken } = await server.signIn({ clientId })
/** The same at each start, as with most deployments. */
const env = {
  ...process.env,
  ISSUER: server.issuer,
  CLIENT_ID: clientId,
  CLIENT_SECRET: secret,
  REFRESH_TOKEN: refreshToken ?? '',
  SESSION: join(folder, 'session.json'),
  PROFILE_API: `${server.issuer}/resource`,
  REPORT_API: `${server.issuer}/resource?scope=reports`,
  PORT: String(await freePort()),
}

let service: ChildProcess | undefined
let isOver = false

/** Runs the service, and starts it again when it was asked to stop, until everything ends. */
async function supervise(): Promise<void> {
  while (!isOver) {
    const started = spawn(process.execPath, program, { env, stdio: ['ignore', 'inherit', 'inherit'] })
    service = started
    const [code] = (await once(started, 'exit')) as [number | null]
    if (code !== 0) process.exitCode = 1
    isOver ||= code !== 0
  }
}

function stop(): void {
  const running = service
  running?.kill('SIGTERM')
  setTimeout(() => running?.kill('SIGKILL'), farewellMs).unref()
}

const keys = createInterface({ input: process.stdin })
keys.on('line', stop)
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(name, () => {
    isOver = true
    stop()
  })
}
console.log(`evergrant service: open http://127.0.0.1:${env.PORT}/ and http://127.0.0.1:${env.PORT}/health`)
console.log('Enter restarts it, Ctrl-C ends all.')
await supervise()
keys.close()
await close()
await rm(folder, { recursive: true, force: true })
