// A command-line program of which any number may run at once: they share a session in a file. It takes any authorization
// server with device sign-in (RFC 8628), and an API that answers `{ "subject": "..." }`:
//   ISSUER=https://id.example.com CLIENT_ID=my-cli API=https://api.example.com/me node test/setup/run.mjs examples/cli/cli.ts whoami|logout
import { createTokenManager, fileStore, isEvergrantError, signInWithDevice } from 'evergrant/node'
import { homedir } from 'node:os'
import { join } from 'node:path'

const { ISSUER: issuer = '', CLIENT_ID: clientId = '', API: api = '' } = process.env
const { SESSION: file = join(homedir(), '.config', 'evergrant-cli', 'session.json') } = process.env
const patienceMs = 10_000

const tokens = createTokenManager({
  issuer,
  clientId,
  scope: 'openid offline_access',
  store: fileStore(file),
  allowedOrigins: [new URL(api).origin],
  // It ends as soon as it has answered, so there is nothing to do in the background.
  autoRenew: false,
})

async function askWhoIAm(): Promise<string> {
  const response = await tokens.fetch(api, { signal: AbortSignal.timeout(patienceMs) })
  if (!response.ok) throw new Error(`the API answers ${response.status}`)
  const { subject } = (await response.json()) as { readonly subject: string }
  return subject
}

/** What is no answer goes to the standard error, so that the output can be piped. */
async function signIn(): Promise<void> {
  await signInWithDevice(tokens, {
    onPrompt: ({ verificationUri, userCode }) => console.error(`Open ${verificationUri} and enter ${userCode}`),
  })
}

async function whoami(): Promise<string> {
  try {
    return await askWhoIAm()
  } catch (error) {
    if (!isEvergrantError(error) || !error.loginRequired) throw error
    await signIn()
    return askWhoIAm()
  }
}

async function logout(): Promise<string> {
  await tokens.signOut()
  return 'signed out'
}

const commands: Readonly<Record<string, () => Promise<string>>> = { whoami, logout }

try {
  const command = commands[process.argv[2] ?? '']
  if (!command) throw new Error(`usage: cli ${Object.keys(commands).join('|')}`)
  console.log(await command())
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  await tokens[Symbol.asyncDispose]()
}
