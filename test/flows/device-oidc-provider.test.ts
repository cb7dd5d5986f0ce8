import { createTokenManager, memoryStore, signInWithDevice, type DevicePrompt, type TokenManager } from 'evergrant'
import { afterAll, beforeAll, describe, test } from 'vitest'
import type { AuthorizationServer } from '../../examples/demo/authorization-server.js'
import { clientId, startTvServer } from '../../examples/tv/server.js'
import { FormVisitor } from '../support/form-visitor.js'

/** So short that a renewal comes while one waits for it. */
const accessTokenSeconds = 4

let server: AuthorizationServer

beforeAll(async () => {
  server = await startTvServer({ accessTokenSeconds, graceSeconds: 0 })
})
afterAll(() => server?.close())

interface Device {
  readonly tokens: TokenManager
  readonly prompt: DevicePrompt
  readonly signingIn: Promise<void>
}

/** A device that shows its code. */
async function startDevice(): Promise<Device> {
  const scope = 'openid profile offline_access'
  const tokens = createTokenManager({
    issuer: server.issuer,
    clientId,
    scope,
    store: memoryStore(),
    allowedOrigins: [server.issuer],
  })
  let signingIn = Promise.resolve()
  const prompt = await new Promise<DevicePrompt>((onPrompt, onFailure) => {
    signingIn = signInWithDevice(tokens, { onPrompt })
    signingIn.catch(onFailure)
  })
  return { tokens, prompt, signingIn }
}

describe.concurrent('with oidc-provider', () => {
  test('F-021 F-064 F-067 a user enters the code of a device, which stays signed in', async ({ expect }) => {
    const { tokens, prompt, signingIn } = await startDevice()
    const visitor = new FormVisitor(prompt.verificationUri)
    await visitor.open()
    await visitor.submit({ user_code: 'XXXX-XXXX' })
    expect(visitor.text).toContain('the code was not found')
    await visitor.submit({ user_code: prompt.userCode.toLowerCase() })
    expect(visitor.text).toContain(`Does your television show ${prompt.userCode}?`)
    await visitor.submit({})
    await visitor.submit({ name: 'carol' })
    expect(visitor.text).toContain('Go on at your television.')
    await signingIn
    expect(tokens.getSnapshot()).toMatchObject({ status: 'active', identity: { sub: 'carol', aud: clientId } })

    const { userinfo_endpoint } = await tokens.client.metadata()
    const profile = async (): Promise<unknown> => (await tokens.fetch(String(userinfo_endpoint))).json()
    expect(await profile()).toMatchObject({ name: 'Carol Example' })
    const first = await tokens.getAccessToken()
    await expect.poll(() => tokens.getAccessToken(), { timeout: 10_000 }).not.toBe(first)
    expect(await profile()).toMatchObject({ name: 'Carol Example' })
    tokens.dispose()
  }, 30_000)

  test('a user who is led straight to the question may say no', async ({ expect }) => {
    const { tokens, prompt, signingIn } = await startDevice()
    const visitor = new FormVisitor(String(prompt.verificationUriComplete))
    await visitor.open()
    await visitor.submit({})
    await visitor.submit({ abort: 'yes' })
    await expect(signingIn).rejects.toMatchObject({ code: 'denied', error: 'access_denied' })
    expect(tokens.getSnapshot()).toMatchObject({ status: 'signed_out' })
    tokens.dispose()
  }, 30_000)

  test('a user may change their mind where they are asked who they are', async ({ expect }) => {
    const { tokens, prompt, signingIn } = await startDevice()
    const visitor = new FormVisitor(prompt.verificationUri)
    await visitor.open()
    await visitor.submit({ user_code: prompt.userCode })
    await visitor.submit({})
    await visitor.submit({ cancel: 'yes' })
    await expect(signingIn).rejects.toMatchObject({ code: 'denied', errorDescription: 'the sign-in was cancelled' })
    tokens.dispose()
  }, 30_000)
})
