// A service with a session of its own, which it keeps in a file. The demo starts it, kills it and starts it again.
import { clientSecretBasic, createTokenManager, fileStore } from 'evergrant/node'
import type { TokenResponse } from 'evergrant'
import { setTimeout as sleep } from 'node:timers/promises'
import { callApi } from './call-api.js'
import { reportChanges, type Report } from './report.js'

/** What the service is told when it starts. */
export interface ServiceSettings {
  readonly issuer: string
  readonly clientId: string
  readonly secret: string
  /** Where it keeps its session. */
  readonly file: string
  readonly api: string
  /** The response to a sign-in, when it starts for the first time. Later it finds its session in the file. */
  readonly signIn?: TokenResponse | undefined
}

const pauseMs = 250

async function serve({ issuer, clientId, secret, file, api, signIn }: ServiceSettings): Promise<void> {
  const tokens = createTokenManager({
    issuer,
    clientId,
    clientAuth: clientSecretBasic(secret),
    store: fileStore(file),
  })
  reportChanges(tokens, report)
  if (signIn) await tokens.setTokens({ refresh_token: signIn.refresh_token })

  while (tokens.getSnapshot().status !== 'ended') {
    await callApi(tokens, api).then(check, (error: unknown) => report({ type: 'failedCall', text: String(error) }))
    await sleep(pauseMs)
  }
}

function check({ ok, status }: Response): void {
  if (!ok) report({ type: 'failedCall', text: `the API answered ${status}` })
}

function report(message: Report): void {
  process.send?.(message)
}

process.once('message', (settings) => void serve(settings as ServiceSettings))
process.once('disconnect', () => process.exit())
