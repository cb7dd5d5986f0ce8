import { clientSecretBasic, clientSecretPost, memoryStore, tlsClientAuth, type TokenManagerOptions } from 'evergrant'
import { createTokenManager } from 'evergrant/browser'
import { createAuthorizationServer } from 'evergrant/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ask, askedWith } from '../support/asking.js'
import { metadata } from '../support/managed.js'

/** What a server finds in the header when it only undoes the base64. */
async function credentials(secret: string, encoding?: 'form' | 'raw', clientId = 'client'): Promise<string> {
  const { headers } = await askedWith({ clientId, clientAuth: clientSecretBasic(secret, { encoding }) })
  const [, basic = ''] = /^Basic (.+)$/.exec(headers.get('authorization') ?? '') ?? []
  return Buffer.from(basic, 'base64').toString()
}

afterEach(() => vi.unstubAllGlobals())

describe('client authentication', () => {
  it('P-020 F-084 T-1 lets a public client name itself in the body, without an Authorization header', async () => {
    const { headers, body } = await askedWith({ clientId: 'spa' })
    expect(headers.has('authorization')).toBe(false)
    expect(body.getAll('client_id')).toEqual(['spa'])
  })

  it('P-023 F-042 F-085 names a web client in the header only', async () => {
    const { headers, body } = await askedWith({ clientAuth: clientSecretBasic('secret') })
    expect(headers.get('authorization')).toBe(`Basic ${btoa('client:secret')}`)
    expect(body.has('client_id') || body.has('client_secret')).toBe(false)
  })

  it('P-021 Q-Basic lets secrets of letters, digits and - _ . * pass servers that never decode', async () => {
    const secret = 'aZ09-_.*'
    expect(await credentials(secret)).toBe(`client:${secret}`)
  })

  it('P-021 form-encodes the id and the secret each by itself', async () => {
    expect(await credentials('p:q%+/ é€~', 'form', 'a:b')).toBe('a%3Ab:p%3Aq%25%2B%2F+%C3%A9%E2%82%AC%7E')
  })

  it.each(['p:q', '100%', '%41', 'a+b c', 'a/b=', 'é€', '~!*()\'"', '&=?#', ' ', '\u{1f511}'])(
    'P-021 lets a server that decodes find the secret %o and an id like it',
    async (secret) => {
      const clientId = `id ${secret}`
      const issuer = 'https://as.example'
      const server = createAuthorizationServer({ issuer, clients: { [clientId]: { secret } } })
      const { refresh_token } = await server.signIn({ clientId })
      const { sent } = await ask(() => Response.json({}), { clientId, clientAuth: clientSecretBasic(secret) })
      const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: String(refresh_token) })
      const { headers } = sent[0] ?? {}
      const response = await server.handle(
        new Request(`${issuer}/token`, { method: 'POST', headers: headers ?? {}, body: form }),
      )
      expect(response.status).toBe(200)
    },
  )

  it('P-022 writes id and secret as they are when asked to, for servers that never decode', async () => {
    expect(await credentials("s:-_.~!*'()+/ %é", 'raw')).toBe("client:s:-_.~!*'()+/ %é")
  })

  it('P-025 takes any function that follows the convention of oauth4webapi, also one that waits', async () => {
    const { headers, body } = await askedWith({
      clientAuth: async (server, client, body, headers) => {
        await Promise.resolve()
        body.set('client_assertion', `${client.client_id} at ${server.issuer}`)
        headers.set('x-mine', '1')
      },
    })
    expect(body.get('client_assertion')).toBe('client at https://as.example')
    expect(headers.get('x-mine')).toBe('1')
  })

  it('P-023 P-025 names a web client and its secret in the body only, when asked to', async () => {
    const { headers, body } = await askedWith({ clientAuth: clientSecretPost('s:-_.~!%é') })
    expect(headers.has('authorization')).toBe(false)
    expect([body.getAll('client_id'), body.getAll('client_secret')]).toEqual([['client'], ['s:-_.~!%é']])
  })

  it('P-028 lets a certificate speak for a client that names itself, at the endpoints for mutual TLS', async () => {
    const aliases = { token_endpoint: 'https://mtls.as.example/token' }
    const server = { ...metadata, mtls_endpoint_aliases: aliases }
    const { url, headers, body } = await askedWith({
      clientAuth: tlsClientAuth(),
      metadata: () => Promise.resolve(server),
    })
    expect(url).toBe(aliases.token_endpoint)
    expect(headers.has('authorization')).toBe(false)
    expect([...body.keys()]).toEqual(['grant_type', 'refresh_token', 'client_id'])
  })

  it('P-028 uses the other endpoints where a server has none for mutual TLS', async () => {
    expect((await askedWith({ clientAuth: tlsClientAuth() })).url).toBe('https://as.example/token')
    const aliases = { revocation_endpoint: 'https://mtls.as.example/revoke' }
    const server = { ...metadata, mtls_endpoint_aliases: aliases }
    const options = { clientAuth: tlsClientAuth(), metadata: () => Promise.resolve(server) }
    expect((await askedWith(options)).url).toBe('https://as.example/token')
  })

  it('P-005 P-028 refuses an endpoint for mutual TLS that is not secure', async () => {
    const server = { ...metadata, mtls_endpoint_aliases: { token_endpoint: 'http://mtls.as.example/token' } }
    const options = { clientAuth: tlsClientAuth(), metadata: () => Promise.resolve(server) }
    const { sent, error } = await ask(() => Response.json({}), options)
    expect(error).toMatchObject({ code: 'misconfigured' })
    expect(sent).toEqual([])
  })

  it('P-028 leaves the endpoints for mutual TLS to clients with a certificate', async () => {
    const server = { ...metadata, mtls_endpoint_aliases: { token_endpoint: 'https://mtls.as.example/token' } }
    expect((await askedWith({ metadata: () => Promise.resolve(server) })).url).toBe('https://as.example/token')
  })

  it('P-026 P-078 asks for the authentication anew at each attempt', async () => {
    let count = 0
    const clientAuth = clientSecretBasic(() => Promise.resolve(`secret-${++count}`))
    const first = await askedWith({ clientAuth })
    const second = await askedWith({ clientAuth })
    expect([first, second].map(({ headers }) => headers.get('authorization'))).toEqual(
      ['secret-1', 'secret-2'].map((secret) => `Basic ${btoa(`client:${secret}`)}`),
    )
  })

  it('P-029 counts a secret that could not be got as nothing sent', async () => {
    const clientAuth = clientSecretBasic(() => Promise.reject(new Error('the vault is sealed')))
    const { sent } = await ask(() => Response.json({}), { clientAuth })
    expect(sent).toEqual([])
  })

  it.each(['', undefined, null, 42])('refuses %o for a secret', async (secret) => {
    const misconfigured = expect.objectContaining({ code: 'misconfigured' }) as Error
    for (const make of [clientSecretBasic, clientSecretPost]) {
      expect(() => make(secret as string)).toThrow(misconfigured)
      const { error } = await ask(() => Response.json({}), { clientAuth: make(() => secret as string) })
      expect(error).toMatchObject({ code: 'misconfigured' })
    }
  })

  it('P-024 sends no secret from a page that passes one in spite of the types', async () => {
    let authorization: string | null = 'nothing was sent'
    const options: TokenManagerOptions = {
      metadata: { issuer: 'https://as.example', token_endpoint: 'https://as.example/token' },
      clientId: 'page',
      clientAuth: clientSecretBasic('secret'),
      store: memoryStore(),
      fetch(_url, init) {
        authorization = new Headers(init?.headers).get('authorization')
        return Promise.resolve(Response.json({ access_token: 'access', token_type: 'Bearer' }))
      },
    }
    const tokens = createTokenManager(options)
    await tokens.setTokens({ refresh_token: 'refresh' })
    await tokens.getAccessToken()
    expect(authorization).toBeNull()
    tokens.dispose()
  })

  it('P-024 refuses to hold a secret in a page, unless told to for a test', () => {
    vi.stubGlobal('document', {})
    for (const make of [clientSecretBasic, clientSecretPost]) {
      expect(() => make('secret')).toThrow(expect.objectContaining({ code: 'misconfigured' }))
      expect(make('secret', { dangerouslyAllowInPage: true })).toBeTypeOf('function')
    }
  })
})
