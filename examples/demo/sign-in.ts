import type { TokenResponse } from 'evergrant'
import { beginSignIn, finishSignIn, type Application } from './code-flow.js'

const mostRedirects = 10

/** Signs in to a web application. This plays the application, and also the browser of the user, which it sends around. */
export async function signIn(application: Application): Promise<TokenResponse> {
  const pending = await beginSignIn(application)
  const callback = await browse(pending.url, application.redirectUri)
  return finishSignIn(application, pending, callback)
}

/** Goes wherever the server leads, with the cookies it sets, until that is back to the application. */
export async function browse(start: string, end: string): Promise<URL> {
  const cookies = new Map<string, string>()
  let url = new URL(start)
  for (let redirects = 0; redirects < mostRedirects; redirects++) {
    const cookie = Array.from(cookies, (pair) => pair.join('=')).join('; ')
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } })
    await response.body?.cancel()
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(line) ?? []
      cookies.set(name, value)
    }
    url = new URL(response.headers.get('location') ?? '', url)
    if (url.href.startsWith(`${end}?`)) return url
  }
  throw new Error('the server did not lead back to the application')
}
