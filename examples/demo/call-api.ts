import type { TokenManager } from 'evergrant'

/**
 * Calls an API with an access token. A token may end on its way: when the API refuses it, this tries once more with a
 * newer one.
 */
export async function callApi(tokens: TokenManager, url: string): Promise<Response> {
  const askedAt = Date.now()
  const token = await tokens.getAccessToken()
  const response = await send(url, token, askedAt)
  if (response.status !== 401) return response
  return send(url, await tokens.getAccessToken({ rejected: token }), askedAt)
}

/** `asked-at` is for the demo: by it the API tells a token that had expired when it was handed out from one that was late. */
function send(url: string, token: string, askedAt: number): Promise<Response> {
  return fetch(url, { headers: { authorization: `Bearer ${token}`, 'asked-at': String(askedAt) } })
}
