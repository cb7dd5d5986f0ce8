// A Node service, as a user of the package writes it.
import { clientSecretBasic, createTokenManager, fileStore, memoryStore, type Grant } from 'evergrant/node'

export const tokens = createTokenManager({
  issuer: 'https://as.example',
  clientId: 'service',
  clientAuth: clientSecretBasic('secret', { encoding: 'form' }),
  store: fileStore('session.json'),
  renewEarlySeconds: 30,
})

/** A grant of one's own, which asks a backend instead of the authorization server. */
const grant: Grant = async ({ refreshToken, sending }) => {
  sending()
  return { response: { access_token: `made of ${refreshToken ?? 'nothing'}`, expires_in: '60' } }
}

export async function serve(): Promise<string> {
  await using brief = createTokenManager({ clientId: 'service', grant, store: memoryStore() })
  await brief.setTokens({ refresh_token: 'x', refresh_expires_in: 3600 }, { receivedAt: Date.now() })
  const { accessToken, expiresAt, idToken } = await brief.getTokens({ forceRenew: true })
  return `${accessToken} ${expiresAt?.toFixed() ?? ''} ${idToken ?? ''}`
}
