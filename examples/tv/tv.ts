// A television whose user signs in with a phone. It takes any authorization server with device sign-in (RFC 8628):
//   ISSUER=https://id.example.com CLIENT_ID=my-tv node test/setup/run.mjs examples/tv/tv.ts
import {
  createTokenManager,
  fileStore,
  isEvergrantError,
  signInWithDevice,
  type DevicePrompt,
  type EvergrantError,
} from 'evergrant/node'
import { setTimeout as sleep } from 'node:timers/promises'
import { renderUnicodeCompact } from 'uqr'

const { ISSUER: issuer = '', CLIENT_ID: clientId = '', SESSION: file = 'tv-session.json' } = process.env
const pauseMs = 3000
const watchMs = 500

const tokens = createTokenManager({
  issuer,
  clientId,
  scope: 'openid profile offline_access',
  store: fileStore(file),
  allowedOrigins: [new URL(issuer).origin],
})

const power = new AbortController()
const { signal } = power
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => power.abort())

function say(text: string): void {
  console.log(`${new Date().toTimeString().slice(0, 8)}  ${text}`)
}

/** Whether the file holds a session that can be used, also when the network is down. Where only a new sign-in helps, it does not. */
async function isSignedIn(): Promise<boolean> {
  try {
    await tokens.getAccessToken({ signal })
    return true
  } catch (error) {
    signal.throwIfAborted()
    if (isEvergrantError(error) && error.loginRequired) return false
    if (tokens.getSnapshot().status === 'active') return true
    // A sign-in would not help, such as where the file cannot be read.
    throw error
  }
}

function show({ userCode, verificationUri, verificationUriComplete, expiresAt }: DevicePrompt): void {
  const minutes = Math.round((expiresAt - Date.now()) / 60_000)
  console.log(`\n${renderUnicodeCompact(verificationUriComplete ?? verificationUri)}\n`)
  console.log(`Scan this with your phone, or open ${verificationUri}`)
  console.log(`and enter ${userCode}. You have ${minutes} minutes.\n`)
}

/** What the user can do about a sign-in that failed; `undefined` when that is nothing. */
function adviceOn({ code, error, message }: EvergrantError): string | undefined {
  if (error === 'expired_token') return 'Nobody entered the code in time. Here is a new one.'
  if (code === 'denied') return 'You said no on your phone. Here is a new code, should you change your mind.'
  if (code === 'unavailable' || code === 'lost_in_flight') return `That did not work: ${message}. Once more.`
  return undefined
}

async function signIn(): Promise<void> {
  for (;;) {
    try {
      return await signInWithDevice(tokens, { onPrompt: show, signal })
    } catch (error) {
      const advice = isEvergrantError(error) ? adviceOn(error) : undefined
      if (!advice) throw error
      say(advice)
      await sleep(pauseMs, undefined, { signal })
    }
  }
}

/** The name comes from the server; without a network the user is greeted without it. */
async function greet(): Promise<void> {
  const { userinfo_endpoint } = await tokens.client.metadata()
  const response = await tokens.fetch(String(userinfo_endpoint), { signal })
  const { name } = (await response.json()) as { readonly name?: string }
  say(`Hello, ${name}. You are signed in.`)
}

async function play(): Promise<never> {
  for (;;) {
    if (!(await isSignedIn())) await signIn()
    await greet().catch(() => signal.aborted || say('Hello. You are signed in.'))
    while (await isSignedIn()) await sleep(watchMs, undefined, { signal })
    say('You are signed out.')
  }
}

tokens.on('renewed', ({ generation, expiresAt = 0 }) => {
  const seconds = Math.round((expiresAt - Date.now()) / 1000)
  say(`Renewal ${generation}: the new access token lives for ${seconds} s.`)
})
tokens.on('error', ({ error }) => say(`Not renewed yet: ${error.message}.`))

try {
  await play()
} catch (error) {
  if (!signal.aborted) throw error
  say('Off.')
} finally {
  await tokens[Symbol.asyncDispose]()
}
