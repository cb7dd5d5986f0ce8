import { describe, expect, test } from 'vitest'
import { clientSecretBasic } from '../../src/oauth/client-authentication.js'
import { clientCredentials } from '../../src/oauth/client-credentials.js'
import { oauthClient } from '../../src/oauth/client.js'
import { refreshTokenGrant } from '../../src/oauth/refresh-token.js'
import { memoryStore } from '../../src/stores/memory.js'
import type { ManagerParts } from '../../src/core/parts.js'
import type { TokenStore } from '../../src/core/store.js'
import type { TokenManager } from '../../src/core/token-manager.js'
import { createTokenManager } from '../../src/node.js'
import { createAuthorizationServer } from '../../src/testing/authorization-server.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf, metadata } from '../support/managed.js'
import { failureOf } from '../core/scripted-world.js'

type World = ReturnType<typeof world>

/** A server that knows the web client `service`, and managers of that client that share a store. */
function world(answer?: (form: URLSearchParams) => Response | undefined) {
  const forms: Record<string, string>[] = []
  const environment = new FakeEnvironment(async (input, init) => {
    const request = new Request(input, init)
    const form = new URLSearchParams(await request.clone().text())
    forms.push(Object.fromEntries(form))
    return answer?.(form) ?? server.handle(request)
  })
  const server = createAuthorizationServer({ clients: { service: { secret: 'secret' } }, environment })
  const store = memoryStore()
  const clientAuth = clientSecretBasic('secret')
  const manager = (parts: Partial<ManagerParts> = {}): TokenManager => {
    const client = oauthClient({
      metadata: () => Promise.resolve(metadata),
      clientId: 'service',
      clientAuth,
      scope: 'orders',
      environment,
    })
    return managerOf(environment, { client, store, grant: clientCredentials(), ...parts })
  }
  return { environment, server, store, forms, manager }
}

test('F-044 F-112 a service gets its first token without anybody signing in, by one request for all calls and managers', async () => {
  const { environment, forms, manager } = world()
  const managers = [manager({ autoRenew: false }), manager({ autoRenew: false })]
  const calls = managers.flatMap((each) => [each.getAccessToken(), each.getAccessToken()])
  const tokens = await environment.passUntil(Promise.all(calls))
  expect(new Set(tokens).size).toBe(1)
  expect(forms).toEqual([{ grant_type: 'client_credentials', scope: 'orders' }])
})

test('F-112 the token is renewed before it expires, and afterwards on use', async () => {
  const { environment, server, forms, manager } = world()
  const eager = manager()
  const first = await environment.passUntil(eager.getAccessToken())
  await environment.pass(3_590_000)
  expect(forms).toHaveLength(2)
  expect(await eager.getAccessToken()).not.toBe(first)
  eager.dispose()
  await environment.pass(36_000_000)
  const lazy = manager({ autoRenew: false })
  const token = await environment.passUntil(lazy.getAccessToken())
  expect(server.inspect(token)?.isUsable).toBe(true)
  expect(forms).toHaveLength(3)
})

test('resource and further parameters are sent, and a refresh token that should not come is not kept', async () => {
  const odd = { access_token: 'a', token_type: 'Bearer', expires_in: 3600, refresh_token: 'r' }
  const { environment, forms, store, manager } = world(() => Response.json(odd))
  const grant = clientCredentials({ resource: 'https://api.example', additionalParameters: { audience: 'api' } })
  await environment.passUntil(manager({ grant, autoRenew: false }).getAccessToken())
  const asked = { grant_type: 'client_credentials', scope: 'orders', resource: 'https://api.example', audience: 'api' }
  expect(forms).toEqual([asked])
  expect(JSON.stringify(await store.read('session'))).not.toContain('"r"')
})

test.each(['invalid_grant', 'invalid_client', 'unauthorized_client', 'invalid_scope'])(
  'F-112 a server that answers %s now may give a token later',
  async (error) => {
    let isRefusing = true
    const { environment, manager } = world(() => (isRefusing ? Response.json({ error }, { status: 400 }) : undefined))
    const service = manager({ autoRenew: false })
    const failure = await environment.passUntil(failureOf(service.getAccessToken()))
    expect(failure).toMatchObject({ code: error === 'invalid_grant' ? 'denied' : 'misconfigured', error })
    isRefusing = false
    await environment.pass(60_000)
    expect(await environment.passUntil(service.getAccessToken())).toContain('access')
  },
)

test('signing out forgets the token; the next call gets another one', async () => {
  const { environment, manager } = world()
  const service = manager({ autoRenew: false })
  const first = await environment.passUntil(service.getAccessToken())
  await environment.passUntil(service.signOut())
  expect(service.getSnapshot().status).toBe('signed_out')
  expect(await environment.passUntil(service.getAccessToken())).not.toBe(first)
})

describe('a session that is gone while the manager still knows it', () => {
  /** Lets a session be lost or signed out where nobody is told, and its token expire. */
  async function lose(how: string, world: World, service: TokenManager): Promise<void> {
    const { environment, store, manager } = world
    await environment.passUntil(service.getTokens())
    if (how === 'signed out by somebody else') {
      await environment.passUntil(manager({ grant: refreshTokenGrant(), autoRenew: false }).signOut())
    } else {
      await store.swap('session', (await store.read('session'))?.revision, undefined)
    }
    await environment.pass(3_600_000)
  }

  /** As the stores of services mostly are. */
  const unwatched = ({ store: { durability, read, swap } }: World): TokenStore => ({ durability, read, swap })

  describe.each(['lost by the store', 'signed out by somebody else'])('%s', (how) => {
    test('F-112 begins anew for all who call, at once and by one request', async () => {
      const here = world()
      const service = here.manager({ store: unwatched(here), autoRenew: false })
      await lose(how, here, service)
      const calls = Promise.all([service.getAccessToken(), service.getAccessToken(), service.renew()])
      const [token, ...others] = await here.environment.passUntil(calls, 1000)
      expect(here.server.inspect(token)?.isUsable).toBe(true)
      expect(others).toEqual([token, expect.objectContaining({ accessToken: token })])
      expect(here.forms).toHaveLength(2)
    })

    test('signs nobody in again who had a refresh token', async () => {
      const here = world()
      const customer = here.manager({ store: unwatched(here), grant: refreshTokenGrant(), autoRenew: false })
      await customer.setTokens({ access_token: 'a', token_type: 'Bearer', expires_in: 3600, refresh_token: 'r' })
      await lose(how, here, customer)
      const calls = [failureOf(customer.getAccessToken()), failureOf(customer.getAccessToken())]
      for (const failure of await here.environment.passUntil(Promise.all(calls))) {
        expect(failure.code).toBe('login_required')
      }
      expect(here.forms.filter(({ grant_type }) => grant_type)).toEqual([])
    })
  })
})

test('a store that loses all that is written to it is named, and not asked for ever', async () => {
  const { environment, manager } = world()
  let asked = 0
  const afterAMoment = async <T>(result: T): Promise<T> => {
    asked++
    await new Promise<void>((resolve) => environment.setTimer(resolve, 5))
    return result
  }
  const store: TokenStore = {
    durability: 'none',
    read: () => afterAMoment(undefined),
    swap: (_key, expected) =>
      afterAMoment(expected === undefined ? { won: true, revision: asked } : { won: false, current: undefined }),
  }
  const service = manager({ store, autoRenew: false })
  const failure = await environment.passUntil(failureOf(service.getAccessToken()))
  expect(failure).toMatchObject({ code: 'storage_failed' })
  expect(asked).toBeLessThan(30)
})

test('P-057 tokens of another scope or resource are kept apart in one store', async () => {
  const server = createAuthorizationServer({ clients: { service: { secret: 'secret' } } })
  const fetch: typeof globalThis.fetch = (input, init) => server.handle(new Request(input, init))
  const store = memoryStore()
  const options = { issuer: server.issuer, clientId: 'service', clientAuth: clientSecretBasic('secret'), store, fetch }
  const tokenFor = async (scope: string, resource?: string): Promise<string> => {
    await using tokens = createTokenManager({ ...options, scope, grant: clientCredentials({ resource }) })
    return await tokens.getAccessToken()
  }
  const orders = await tokenFor('orders')
  expect(await tokenFor('invoices')).not.toBe(orders)
  expect(await tokenFor('orders', 'https://api.example')).not.toBe(orders)
  expect(await tokenFor('orders')).toBe(orders)
})

test("a parameter that is the grant's own is refused at once", () => {
  expect(() => clientCredentials({ additionalParameters: { scope: 'x' } })).toThrow('cannot set scope')
})
