import { revoke } from 'evergrant'
import { expect, test } from 'vitest'
import { signedInAt } from './signed-in-at.js'
import { watchServer } from './watched-server.js'

test('an access token that is revoked does not come back with a renewal for another one that was under way', async () => {
  const resource = 'https://api.example'
  let isAwaited = false
  const watched = watchServer({
    async intercept(request, pass) {
      const isRenewal = isAwaited && request.url.endsWith('/token')
      if (isRenewal) await revoke(manager, { token: 'access_token', resource })
      return pass(request)
    },
  })
  const manager = await signedInAt(watched)
  await manager.setTokens(await watched.server.signIn(), { receivedAt: Date.now() - 10_000 })
  const special = await manager.getAccessToken({ resource })
  isAwaited = true
  await manager.renew()
  isAwaited = false
  expect(watched.seen('/revoke').map(({ token_type_hint }) => token_type_hint)).toEqual(['access_token'])
  expect(await manager.getAccessToken({ resource })).not.toBe(special)
})
