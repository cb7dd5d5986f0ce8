import { expect, test } from 'vitest'
import { clientAuthOf } from '../../src/mcp/client-authentication.js'

const secret = 's:e+c/r=e t'
const basic = `Basic ${btoa(`client:${secret}`)}`
const posted = { client_id: 'client', client_secret: secret }

/** As the SDK chooses it for the code, so that renewals are made in the same way. */
test.each([
  { client: {}, supported: undefined, sent: { client_id: 'client' } },
  { client: {}, supported: ['client_secret_basic'], sent: { client_id: 'client' } },
  { client: { client_secret: secret }, supported: undefined, sent: { authorization: basic } },
  {
    client: { client_secret: secret },
    supported: ['client_secret_post', 'client_secret_basic'],
    sent: { authorization: basic },
  },
  { client: { client_secret: secret }, supported: ['client_secret_post'], sent: posted },
  {
    client: { client_secret: secret, token_endpoint_auth_method: 'client_secret_post' },
    supported: undefined,
    sent: posted,
  },
  {
    client: { client_secret: secret, token_endpoint_auth_method: 'client_secret_basic' },
    supported: undefined,
    sent: { authorization: basic },
  },
  {
    client: { client_secret: secret, token_endpoint_auth_method: 'none' },
    supported: undefined,
    sent: { client_id: 'client' },
  },
])('a client $client sends $sent where $supported are supported', async ({ client, supported, sent }) => {
  const body = new URLSearchParams()
  const headers = new Headers()
  const server = {
    issuer: 'https://as.example',
    ...(supported && { token_endpoint_auth_methods_supported: supported }),
  }
  await clientAuthOf({ client_id: 'client', ...client })(server, { client_id: 'client' }, body, headers)
  expect({ ...Object.fromEntries(body), ...Object.fromEntries(headers) }).toEqual(sent)
})
