import { createPublicKey, X509Certificate } from 'node:crypto'
import { createServer, request as askSecurely } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { certificate } from '../support/certificate.js'
import { listen } from '../support/listen.js'

/** What stands before a server and asks who comes for a certificate, as in front of most servers with mutual TLS. */
export interface MutualTls {
  readonly url: string
  /** What was asked for, oldest first. */
  readonly paths: readonly string[]
  /** Sets the server behind it, which finds the certificate in the header `x-client-cert`. */
  forwardTo(server: string): void
  close(): Promise<void>
}

/** The key of the certificate of this machine, which is also the one that clients use here, for a registration. */
export function certificateKey(): Record<string, unknown> {
  const { raw } = new X509Certificate(certificate.cert)
  return { ...createPublicKey(certificate.cert).export({ format: 'jwk' }), x5c: [raw.toString('base64')] }
}

/** Starts it on a free port. */
export async function serveMutualTls(): Promise<MutualTls> {
  const paths: string[] = []
  let target = ''
  const options = { ...certificate, requestCert: true, rejectUnauthorized: false }
  const server = createServer(options, (incoming, outgoing) => {
    void (async () => {
      const { url = '', method = 'GET', headers } = incoming
      paths.push(url)
      const chunks: Buffer[] = []
      for await (const chunk of incoming) chunks.push(chunk as Buffer)
      const { raw } = (incoming.socket as TLSSocket).getPeerCertificate()
      const shown = raw ? { 'x-client-cert': raw.toString('base64') } : {}
      const type = { 'content-type': headers['content-type'] ?? '' }
      const answer = await fetch(`${target}${url}`, {
        method,
        headers: { ...type, ...shown },
        body: Buffer.concat(chunks),
      })
      outgoing.writeHead(answer.status, Object.fromEntries(answer.headers))
      outgoing.end(Buffer.from(await answer.arrayBuffer()))
    })()
  })
  const port = await listen(server)
  return {
    url: `https://localhost:${port}`,
    paths,
    forwardTo: (server) => void (target = server),
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

/** A `fetch` that shows a certificate to servers that ask for one. */
export const fetchWithCertificate: typeof fetch = (input, init) => {
  const { href, protocol } = new URL(input instanceof Request ? input.url : input)
  if (protocol !== 'https:') return fetch(input, init)
  const headers = Object.fromEntries(new Headers(init?.headers))
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  return new Promise((resolve, reject) => {
    const options = {
      ...certificate,
      ca: certificate.cert,
      method: init?.method ?? 'GET',
      headers: { ...type, ...headers },
    }
    const asking = askSecurely(href, options, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('end', () => {
        const { statusCode = 500, headers } = incoming
        const known = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)])
        resolve(new Response(Buffer.concat(chunks), { status: statusCode, headers: known }))
      })
    })
    asking.on('error', reject)
    asking.end(String(init?.body ?? ''))
  })
}
