/** What is used of a request to a server of Node. */
export interface IncomingRequest extends AsyncIterable<Uint8Array> {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** What is used of the response of such a server. */
export interface OutgoingResponse {
  writeHead(status: number, headers: Record<string, string>): unknown
  write(chunk: Uint8Array, onSent: () => void): unknown
  end(): unknown
  destroy(): unknown
}

/**
 * Puts a function from `Request` to `Response`, such as the `handle` of a test authorization server, behind `node:http`.
 * When it rejects, or the body of its response breaks off, the connection does too.
 *
 * @example
 * const server = createAuthorizationServer({ issuer: 'http://localhost:8080' })
 * http.createServer(nodeListener(server.handle)).listen(8080, 'localhost')
 */
export function nodeListener(
  handle: (request: Request) => Promise<Response>,
): (incoming: IncomingRequest, outgoing: OutgoingResponse) => void {
  return (incoming, outgoing) => {
    requestOf(incoming)
      .then(handle)
      .then((response) => send(response, outgoing))
      .catch(() => outgoing.destroy())
  }
}

async function requestOf(incoming: IncomingRequest): Promise<Request> {
  const { method = 'GET', url = '/', headers } = incoming
  const body: Uint8Array[] = []
  for await (const chunk of incoming) body.push(chunk)
  return new Request(`http://${String(headers.host)}${url}`, {
    method,
    headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
    body: body.length > 0 ? new Blob(body as BlobPart[]) : null,
  })
}

async function send(response: Response, outgoing: OutgoingResponse): Promise<void> {
  outgoing.writeHead(response.status, Object.fromEntries(response.headers))
  const reader = response.body?.getReader()
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    const { value } = part
    await new Promise<void>((resolve) => outgoing.write(value, resolve))
  }
  outgoing.end()
}
