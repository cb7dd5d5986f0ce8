/** A response with a JSON body, or with text for what is no JSON. */
export function respond(status: number, headers: Readonly<Record<string, string>>, body: unknown): Response {
  const isText = typeof body === 'string'
  const contentType = isText ? 'text/html' : 'application/json'
  const text = isText ? body : body === undefined ? null : JSON.stringify(body)
  return new Response(text, {
    status,
    headers: { 'content-type': contentType, 'cache-control': 'no-store', ...headers },
  })
}

/** Sends a browser back to its application, with what `answer` holds in the query of the address. */
export function redirect(uri: string, answer: Readonly<Record<string, string | null | undefined>>): Response {
  const target = new URL(uri)
  for (const [name, value] of Object.entries(answer)) {
    if (value !== undefined && value !== null) target.searchParams.append(name, value)
  }
  return respond(302, { location: target.href }, undefined)
}

/** A page for whoever cannot be sent back to an application. */
export function page(status: number, text: string): Response {
  return respond(status, {}, `<!doctype html><title>Test authorization server</title><p>${text}</p>`)
}
