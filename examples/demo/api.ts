import { createServer, type Server } from 'node:http'
import type { IssuedToken } from './authorization-server.js'
import { profileOf } from './people.js'

/**
 * The API of the example apps: `GET /me` tells who the access token belongs to. It lives on an origin of its own, so
 * browsers ask it first whether pages may use it.
 */
export function createApi(inspect: (accessToken: string) => Promise<IssuedToken | undefined>): Server {
  return createServer((request, response) => {
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('access-control-allow-headers', 'authorization')
    response.setHeader('access-control-expose-headers', 'www-authenticate')
    response.setHeader('access-control-max-age', '600')
    if (request.method === 'OPTIONS') return void response.writeHead(204).end()
    if (request.url !== '/me') return void response.writeHead(404).end()
    const [, accessToken = ''] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? []
    void inspect(accessToken).then((token) => {
      if (token && Date.now() < token.expiresAt) {
        response.setHeader('content-type', 'application/json')
        return response.end(JSON.stringify(profileOf(token.accountId)))
      }
      response.setHeader('www-authenticate', 'Bearer error="invalid_token"')
      return response.writeHead(401).end()
    })
  })
}
