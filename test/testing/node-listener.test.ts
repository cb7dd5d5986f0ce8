import { createServer, type Server } from 'node:http'
import { afterEach, expect, test } from 'vitest'
import { createAuthorizationServer, nodeListener, type AuthorizationServerOptions } from '../../src/testing.js'
import { listen } from '../support/listen.js'

let server: Server | undefined

afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

async function serve(handle: (request: Request) => Promise<Response>): Promise<string> {
  const own = (server = createServer(nodeListener(handle)))
  const port = await listen(own)
  return `http://127.0.0.1:${port}`
}

async function refreshAt(options: AuthorizationServerOptions): Promise<Response> {
  const as = createAuthorizationServer(options)
  const url = await serve(as.handle)
  const { refresh_token } = await as.signIn()
  const body = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: String(refresh_token),
    client_id: 'client',
  })
  return fetch(`${url}/token`, { method: 'POST', body })
}

test('a request arrives whole, and so does its response', async () => {
  const url = await serve(async (request) => {
    const { method, headers } = request
    const seen = { method, url: request.url, type: headers.get('content-type'), body: await request.text() }
    return new Response(JSON.stringify(seen), { status: 418, headers: { 'x-own': 'yes' } })
  })
  const response = await fetch(`${url}//path?q=1`, {
    method: 'PUT',
    body: 'é'.repeat(100_000),
    headers: { 'content-type': 'a/b' },
  })
  expect([response.status, response.headers.get('x-own')]).toEqual([418, 'yes'])
  expect(await response.json()).toEqual({
    method: 'PUT',
    url: `${url}//path?q=1`,
    type: 'a/b',
    body: 'é'.repeat(100_000),
  })
})

test('a request without a body gets a response without one', async () => {
  const url = await serve(async (request) => new Response(null, { status: request.body === null ? 204 : 500 }))
  expect((await fetch(url)).status).toBe(204)
})

test('an authorization server answers from behind it', async () => {
  expect((await refreshAt({})).status).toBe(200)
})

test('a handler that rejects drops the connection', async () => {
  await expect(refreshAt({ fault: () => ({ type: 'drop-response' }) })).rejects.toThrow('fetch failed')
})

test('a body that breaks off cuts the connection', async () => {
  const response = await refreshAt({ fault: () => ({ type: 'truncate', bytes: 40 }) })
  expect(response.status).toBe(200)
  await expect(response.text()).rejects.toThrow('terminated')
})
