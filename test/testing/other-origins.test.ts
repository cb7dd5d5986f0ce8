import { describe, expect, test } from 'vitest'
import { createAuthorizationServer } from 'evergrant/testing'
import { signInRequest, visit } from './signing-in.js'

const forScripts = ['/token', '/par', '/revoke', '/resource', '/jwks', '/.well-known/openid-configuration']

describe('pages of other origins', () => {
  test.each(forScripts)('may use %s, and read all headers of its answer', async (path) => {
    const server = createAuthorizationServer()
    const isPosted = ['/token', '/par', '/revoke'].includes(path)
    const { headers } = await server.handle(
      new Request(`https://as.example${path}`, { method: isPosted ? 'POST' : 'GET' }),
    )
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-expose-headers')).toBe('*')
  })

  test('are told so when their browser asks first, which counts as no request', async () => {
    const server = createAuthorizationServer({ fault: () => ({ type: 'drop-request' }) })
    for (const path of forScripts) {
      const { status, headers } = await server.handle(new Request(`https://as.example${path}`, { method: 'OPTIONS' }))
      expect([status, headers.get('access-control-allow-origin')]).toEqual([204, '*'])
      expect(headers.get('access-control-allow-methods')).toBe('*')
      expect(headers.get('access-control-allow-headers')).toMatch(/\bauthorization\b/)
    }
    expect(server.tokenRequests).toBe(0)
  })

  test('see what goes wrong, unless that says otherwise', async () => {
    const server = createAuthorizationServer()
    const request = (): Request => new Request('https://as.example/token', { method: 'POST' })
    server.failNext({ type: 'respond', status: 503 })
    server.failNext({ type: 'respond', status: 503, headers: { 'access-control-allow-origin': 'null' } })
    expect((await server.handle(request())).headers.get('access-control-allow-origin')).toBe('*')
    expect((await server.handle(request())).headers.get('access-control-allow-origin')).toBe('null')
  })

  test('may not read what is for people', async () => {
    const server = createAuthorizationServer()
    const answers = [
      await visit(server, signInRequest()),
      await server.handle(new Request('https://as.example/logout')),
      await server.handle(new Request('https://as.example/authorize', { method: 'OPTIONS' })),
    ]
    for (const { headers } of answers) expect(headers.has('access-control-allow-origin')).toBe(false)
  })
})

test('an endpoint refuses a method that it does not know, and names the one it knows', async () => {
  const server = createAuthorizationServer()
  const allowed: unknown[] = []
  for (const [method, path] of [
    ['GET', '/token'],
    ['GET', '/revoke'],
    ['GET', '/par'],
    ['POST', '/authorize'],
    ['POST', '/logout'],
  ] as const) {
    const { status, headers } = await server.handle(new Request(`https://as.example${path}`, { method }))
    allowed.push([status, headers.get('allow')])
  }
  expect(allowed).toEqual([
    ...[405, 405, 405].map((status) => [status, 'POST']),
    ...[405, 405].map((status) => [status, 'GET']),
  ])
  expect(server.tokenRequests).toBe(0)
})
