import { createServer as createTlsServer } from 'node:tls'
import { afterAll, describe, expect, it } from 'vitest'
import * as index from '../../src/index.js'
import * as node from '../../src/node.js'
import { isNeverSent } from '../../src/oauth/never-sent.js'
import { ask } from '../support/asking.js'
import { certificate } from '../support/certificate.js'
import { freePort, listen } from '../support/listen.js'
import { rawServer } from '../support/raw-server.js'

const closing: (() => unknown)[] = []
afterAll(() => Promise.all(closing.map((close) => close())))

/** Sends a renewal to a real address with the `fetch` of this runtime. */
async function send(endpoint: string): Promise<'never sent' | 'in doubt'> {
  const { error, isTakenBack } = await ask(({ init }) => fetch(endpoint, init), { isNeverSent })
  expect(error).toMatchObject({ code: 'unavailable' })
  return isTakenBack ? 'never sent' : 'in doubt'
}

describe('a request without an answer was certainly not sent', () => {
  it('when the connection is refused', async () => {
    const port = await freePort()
    expect(await send(`http://127.0.0.1:${port}/token`)).toBe('never sent')
    expect(await send(`http://localhost:${port}/token`)).toBe('never sent')
  })

  it('when nobody knows the host', async () => {
    expect(await send('http://nowhere.invalid/token')).toBe('never sent')
  })

  it('when the certificate of the server is not to be trusted', async () => {
    const server = createTlsServer(certificate, (socket) => socket.end())
    let bytes = 0
    server.on('secureConnection', (socket) => socket.on('data', (part) => (bytes += part.length)))
    const port = await listen(server)
    closing.push(() => server.close())
    expect(await send(`https://localhost:${port}/token`)).toBe('never sent')
    expect(bytes).toBe(0)
  })

  it.each([
    'CERT_HAS_EXPIRED',
    'SELF_SIGNED_CERT_IN_CHAIN',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'UND_ERR_CONNECT_TIMEOUT',
  ])('when Node says %s', (code) => expect(isNeverSent({ cause: { code } })).toBe(true))

  it('when none of several addresses could be reached', () => {
    const errors = [
      { code: 'ENETUNREACH', syscall: 'connect' },
      { code: 'ETIMEDOUT', syscall: 'connect' },
    ]
    expect(isNeverSent({ cause: { code: 'ENETUNREACH', errors } })).toBe(true)
  })
})

const servers = { evergrant: index, 'evergrant/node': node }

/** A client of a server to which nobody can connect. */
async function unreachable(): Promise<Parameters<typeof index.createTokenManager>[0]> {
  const issuer = `http://127.0.0.1:${await freePort()}`
  return { metadata: { issuer, token_endpoint: `${issuer}/token` }, clientId: 'client' }
}

describe.each(Object.entries(servers))('%s takes the word of Node for it', (_name, entry) => {
  const settled = { attempt: 2, inDoubt: false }

  it('for a manager', async () => {
    const tokens = entry.createTokenManager(await unreachable())
    await tokens.setTokens({ refresh_token: 'refresh-1' })
    await expect.poll(() => tokens.diagnose().session.intent, { timeout: 9000 }).toMatchObject(settled)
    tokens.dispose()
  })

  it('for a pool', async () => {
    const pool = entry.createTokenPool(await unreachable())
    const session = pool.session('customer')
    await session.setTokens({ refresh_token: 'refresh-1' })
    const intent = async (): Promise<unknown> => (await session.diagnose()).session.intent
    await expect.poll(intent, { timeout: 9000 }).toMatchObject(settled)
    pool.dispose()
  })
})

describe('a request without an answer is in doubt', () => {
  it('F1 when the connection breaks off after it was sent', async () => {
    const server = await rawServer((socket) => socket.destroy())
    closing.push(server.close)
    expect(await send(`${server.origin}/token`)).toBe('in doubt')
    expect(server.requests).toHaveLength(1)
  })

  it('when the connection is reset after it was sent', async () => {
    const server = await rawServer((socket) => socket.resetAndDestroy())
    closing.push(server.close)
    expect(await send(`${server.origin}/token`)).toBe('in doubt')
  })

  it('when something answers that is no HTTP', async () => {
    const server = await rawServer((socket) => socket.end('220 mail.example ESMTP\r\n\r\n'))
    closing.push(server.close)
    expect(await send(`${server.origin}/token`)).toBe('in doubt')
  })

  it('F63 when a redirect was refused, and the request was not sent on', async () => {
    const other = await rawServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'))
    const head = `HTTP/1.1 307 Temporary Redirect\r\nlocation: ${other.origin}/token\r\ncontent-length: 0\r\n\r\n`
    const server = await rawServer((socket) => socket.end(head))
    closing.push(server.close, other.close)
    const { error, isTakenBack } = await ask(({ init }) => fetch(`${server.origin}/token`, init), { isNeverSent })
    expect(error).toMatchObject({ code: 'unavailable' })
    expect(isTakenBack).toBe(false)
    expect([server.requests.length, other.requests.length]).toEqual([1, 0])
  })

  it.each([
    [{ code: 'EHOSTUNREACH', syscall: 'read' }],
    [{ code: 'ETIMEDOUT', syscall: 'read' }],
    [{ code: 'ETIMEDOUT' }],
    [{ code: 'EPIPE', syscall: 'write' }],
    [{ code: 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' }],
    [{ code: 'UND_ERR_SOCKET' }],
    [{ code: 'UND_ERR_HEADERS_TIMEOUT' }],
    [{ errors: [] }],
    [{}],
    [undefined],
  ])('when the cause is %o', (cause) => expect(isNeverSent(new TypeError('fetch failed', { cause }))).toBe(false))

  it.each([undefined, null, 'text', new Error('no cause'), new TypeError('Failed to fetch')])(
    'F50 when the error is %o, as in a browser',
    (error) => expect(isNeverSent(error)).toBe(false),
  )
})
