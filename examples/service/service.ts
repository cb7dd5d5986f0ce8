// A web service that calls one API for a user who once signed in, and another for itself. It takes any authorization server:
//   ISSUER=https://id.example.com CLIENT_ID=my-service CLIENT_SECRET=... REFRESH_TOKEN=... \
//   PROFILE_API=https://api.example.com/me REPORT_API=https://reports.example.com/today node test/setup/run.mjs examples/service/service.ts
import { clientCredentials, clientSecretBasic, createTokenManager, fileStore, isEvergrantError } from 'evergrant/node'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const { ISSUER: issuer = '', CLIENT_ID: clientId = '', CLIENT_SECRET: secret = '', REFRESH_TOKEN } = process.env
const { PROFILE_API: profileApi = '', REPORT_API: reportApi = '' } = process.env
const { SESSION: file = 'service-session.json', PORT: port = '8080' } = process.env
const patienceMs = 8000

const client = { issuer, clientId, clientAuth: clientSecretBasic(secret), store: fileStore(file) }
/** The session of the user. */
const tokens = createTokenManager({ ...client, allowedOrigins: [new URL(profileApi).origin] })
/** The service's own, which begins by itself. */
const ownTokens = createTokenManager({
  ...client,
  scope: 'reports',
  grant: clientCredentials(),
  allowedOrigins: [new URL(reportApi).origin],
})

/** An answer of the service. */
interface Answer {
  readonly status: number
  readonly body: unknown
}

async function work(): Promise<Answer> {
  const signal = AbortSignal.timeout(patienceMs)
  const answers = await Promise.all([tokens.fetch(profileApi, { signal }), ownTokens.fetch(reportApi, { signal })])
  const [profile, report] = await Promise.all(answers.map((answer) => answer.json()))
  return { status: answers.every(({ ok }) => ok) ? 200 : 502, body: { profile, report } }
}

/** For whoever supervises the service: without a session it is of no use. */
function health(): Answer {
  const snapshot = tokens.getSnapshot()
  const { status, error } = snapshot
  const { store, session } = tokens.diagnose()
  const { generation, secondsLeft } = session
  const body = { status, generation, secondsLeft, isStored: !store.isBehind, error: error?.code }
  return { status: status === 'active' ? 200 : 503, body }
}

async function answer(path: string | undefined): Promise<Answer> {
  if (path === '/health') return health()
  if (path !== '/') return { status: 404, body: { error: 'not_found' } }
  return work().catch((error: unknown) => {
    say(String(error))
    return isEvergrantError(error) ? { status: 503, body: { error: error.code } } : { status: 502, body: {} }
  })
}

function say(text: string): void {
  console.log(`${new Date().toTimeString().slice(0, 8)}  ${text}`)
}

tokens.on('renewed', ({ generation }) => say(`The session of the user was renewed: generation ${generation}.`))
tokens.on('ended', ({ reason }) => say(`The session of the user has ended: ${reason}.`))
tokens.on('error', ({ error }) => say(`Not renewed yet: ${error.message}.`))
// Later the file holds a newer refresh token than that of the sign-in.
if (REFRESH_TOKEN) await tokens.setTokens({ refresh_token: REFRESH_TOKEN }, { unlessSignedIn: true })

const server = createServer((request, response) => {
  void answer(request.url).then(({ status, body }) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`)
  })
})
server.listen(Number(port), '127.0.0.1', () => {
  say(`Listening on http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
})

await new Promise<void>((resolve) => {
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve())
})
// What has been asked is answered, and renewals that are under way are finished.
await new Promise((resolve) => server.close(resolve))
await Promise.all([tokens, ownTokens].map((each) => each[Symbol.asyncDispose]()))
say('Stopped.')
