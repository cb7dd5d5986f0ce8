import { isAxiosError } from 'axios'
import { HTTPError } from 'ky'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { isEvergrantError } from '../../src/index.js'
import { startApi, type Api } from './api.js'
import { createAxios } from './snippets/axios.js'
import { createKy } from './snippets/ky.js'
import { createApiClient } from './snippets/openapi-fetch.js'
import { createQueryClient } from './snippets/query.js'

/** How a client is used, and how it tells its caller of a refusal by the API. */
interface Client {
  readonly get: (url: string, signal?: AbortSignal) => Promise<unknown>
  readonly post?: (url: string, body: unknown) => Promise<unknown>
  /** The status of the answer, out of what `get` rejects with. */
  readonly statusOf: (error: unknown) => number | undefined
  /** The error of `tokens.fetch`, out of what `get` rejects with. */
  readonly causeOf: (error: unknown) => unknown
}

/** As a generator makes them of the description of an API. */
interface Paths {
  '/{name}': {
    get: { parameters: { path: { name: string } }; responses: Answers }
    post: {
      parameters: { path: { name: string } }
      requestBody: { content: { 'application/json': unknown } }
      responses: Answers
    }
  }
}
interface Answers {
  200: { content: { 'application/json': { subject: string } } }
}

const clients: Readonly<Record<string, (api: Api) => Client>> = {
  ky({ tokens }) {
    const ky = createKy(tokens)
    return {
      get: (url, signal) => ky.get(url, { signal: signal ?? null }).json(),
      post: (url, json) => ky.post(url, { json }).json(),
      statusOf: (error) => (error instanceof HTTPError ? error.response.status : undefined),
      causeOf: (error) => error,
    }
  },
  'openapi-fetch'({ tokens }) {
    const take = ({ data, response }: { data?: unknown; response: Response }): unknown => {
      if (!response.ok) throw new Error('refused', { cause: response.status })
      return data
    }
    const call = (url: string): [ReturnType<typeof createApiClient<Paths>>, { path: { name: string } }] => {
      const { origin, pathname } = new URL(url)
      return [createApiClient<Paths>(tokens, origin), { path: { name: pathname.slice(1) } }]
    }
    return {
      async get(url, signal) {
        const [client, params] = call(url)
        return take(await client.GET('/{name}', { params, signal: signal ?? null }))
      },
      async post(url, body) {
        const [client, params] = call(url)
        return take(await client.POST('/{name}', { params, body }))
      },
      statusOf: (error) => (error as { cause?: number }).cause,
      causeOf: (error) => error,
    }
  },
  axios({ tokens }) {
    const axios = createAxios(tokens)
    return {
      get: async (url, signal) => (await axios.get<unknown>(url, signal ? { signal } : {})).data,
      post: async (url, body) => (await axios.post<unknown>(url, body)).data,
      statusOf: (error) => (isAxiosError(error) ? error.response?.status : undefined),
      causeOf: (error) => (isAxiosError(error) ? error.cause : undefined),
    }
  },
  'TanStack Query'({ tokens }) {
    const client = createQueryClient(tokens)
    return {
      get(url, signal) {
        signal?.addEventListener('abort', () => void client.cancelQueries({ queryKey: [url] }))
        return client.fetchQuery({ queryKey: [url] })
      },
      statusOf: (error) => Number(/\d+$/.exec(String(error))?.[0]),
      causeOf: (error) => error,
    }
  },
}

let api: Api
beforeEach(async () => {
  api = await startApi()
  await api.signIn('alice')
})
afterEach(() => api.close())

/** What a promise rejects with. */
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  )

describe.each(Object.keys(clients))('%s', (name) => {
  const client = (): Client => clients[name]?.(api) as Client

  test('gets what the token is for', async () => {
    expect(await client().get(api.resource)).toEqual({ subject: 'alice' })
    expect(api.calls).toEqual([{ method: 'GET', body: undefined, token: await api.tokens.getAccessToken() }])
  })

  test('does not notice that the token was refused and renewed', async () => {
    const refused = await api.revokeAccessToken()
    expect(await client().get(api.resource)).toEqual({ subject: 'alice' })
    expect(api.calls.map(({ token }) => token)).toEqual([refused, await api.tokens.getAccessToken()])
    expect(api.server.tokenRequests).toBe(1)
  })

  test('tells its caller of a second refusal, which does not end the session', async () => {
    const { get, statusOf } = client()
    expect(statusOf(await failureOf(get(api.closed)))).toBe(401)
    expect(api.calls).toHaveLength(2)
    expect(api.server.tokenRequests).toBe(1)
    expect(api.tokens.getSnapshot().status).toBe('active')
  })

  test('never sends the token to another origin, and says why at once', async () => {
    const attempts = vi.spyOn(api.tokens, 'fetch')
    const { get, causeOf } = client()
    const error = causeOf(await failureOf(get(api.foreign)))
    expect(attempts).toHaveBeenCalledTimes(1)
    expect(isEvergrantError(error) && error.code).toBe('misconfigured')
    expect(api.leaks).toEqual([])
  })

  test('says that nobody is signed in', async () => {
    await api.tokens.signOut()
    const { get, causeOf } = client()
    const error = causeOf(await failureOf(get(api.resource)))
    expect(isEvergrantError(error) && error.loginRequired).toBe(true)
    expect(api.calls).toEqual([])
  })

  test('gives up when its caller does', async () => {
    const controller = new AbortController()
    const failure = failureOf(client().get(api.silent, controller.signal))
    await expect.poll(() => api.calls.length).toBe(1)
    controller.abort()
    expect(await failure).toBeInstanceOf(Error)
    await expect.poll(() => api.abandoned).toBe(1)
    expect(api.tokens.getSnapshot().status).toBe('active')
  })
})

test.each(['ky', 'openapi-fetch', 'axios'])('%s has a body sent again', async (name) => {
  const client = clients[name]?.(api)
  const body = { amount: 1, for: 'Jürgen' }
  const refused = await api.revokeAccessToken()
  expect(await client?.post?.(api.resource, body)).toEqual({ subject: 'alice' })
  const token = await api.tokens.getAccessToken()
  expect(api.calls).toEqual([refused, token].map((token) => ({ method: 'POST', body, token })))
})

test('ten calls that are refused at once make one renewal', async () => {
  await api.revokeAccessToken()
  const client = createKy(api.tokens)
  const answers = await Promise.all(Array.from({ length: 10 }, () => client.get(api.resource).json()))
  expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(new Set(['{"subject":"alice"}']))
  expect(api.server.tokenRequests).toBe(1)
})

test('a query shows nobody what was fetched for another user', async () => {
  const client = createQueryClient(api.tokens)
  const queryKey = [api.resource]
  expect(await client.fetchQuery({ queryKey })).toEqual({ subject: 'alice' })
  await api.signIn('bob')
  expect(client.getQueryData(queryKey)).toBeUndefined()
  expect(await client.fetchQuery({ queryKey })).toEqual({ subject: 'bob' })
  await api.tokens.signOut()
  expect(client.getQueryData(queryKey)).toBeUndefined()
})
