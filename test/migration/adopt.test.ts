import { dpop, memoryStore, type TokenStore } from 'evergrant'
import type { Dialect } from 'evergrant/testing'
import { describe, expect, test, vi } from 'vitest'
import { adoptFrom } from './adopting.js'
import { oldPage } from './old-page.js'
import { recorded } from './stored.js'

const ofTheApplication = { 'my-page': 'of the application' }

/** A server that binds what it issues to the key of the client. */
const binding: Dialect = ({ body, ...answer }) => ({ ...answer, body: { ...body, token_type: 'DPoP' } })

/** A store that does not work until somebody mends it. */
function brokenStore() {
  const place = memoryStore()
  let isBroken = true
  const reach = (): Promise<void> => (isBroken ? Promise.reject(new Error('it is broken')) : Promise.resolve())
  const store: TokenStore = {
    ...place,
    read: (key) => reach().then(() => place.read(key)),
    swap: (...change) => reach().then(() => place.swap(...change)),
  }
  return { store, mend: () => void (isBroken = false) }
}

describe.each(Object.keys(recorded))('a session of %s', (library) => {
  test('goes on here as it was, and is renewed when it is time', async () => {
    const { server, answer, entries, openTab } = await oldPage(library)
    const tokens = openTab()
    expect(await adoptFrom(library, tokens, server.issuer)).toBe('adopted')
    expect(entries()).toEqual(ofTheApplication)
    const adopted = await tokens.getTokens()
    expect(adopted).toMatchObject({
      accessToken: answer.access_token,
      tokenType: 'Bearer',
      idToken: answer.id_token,
      identity: { sub: 'alice' },
    })
    expect(adopted.expiresAt).toBe(Math.round(Date.now() / 1000 + 600) * 1000)
    expect(adopted.scope?.split(' ')).toContain('offline_access')
    expect(server.tokenRequests).toBe(0)
    const renewed = await tokens.renew()
    expect(server.inspect(renewed.accessToken)).toMatchObject({ subject: 'alice', isUsable: true })
    expect(renewed.identity).toEqual(adopted.identity)
    expect(server.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted'])
  })

  test('goes on although its access token has expired', async () => {
    const { server, openTab } = await oldPage(library, { secondsLeft: -86_400 })
    const tokens = openTab()
    expect(await adoptFrom(library, tokens, server.issuer)).toBe('adopted')
    expect(server.inspect(await tokens.getAccessToken())).toMatchObject({ subject: 'alice', isUsable: true })
    expect(server.tokenRequests).toBe(1)
  })

  test('without a refresh token lives as long as its access token, and is left alone after that', async () => {
    const alive = await oldPage(library, { refresh_token: '' })
    const tokens = alive.openTab()
    expect(await adoptFrom(library, tokens, alive.server.issuer)).toBe('adopted')
    expect(await tokens.getAccessToken()).toBe(alive.answer.access_token)

    const over = await oldPage(library, { refresh_token: '', secondsLeft: -1 })
    const before = over.entries()
    expect(await adoptFrom(library, over.openTab(), over.server.issuer)).toBe('unusable')
    expect(over.entries()).toEqual(before)
  })

  test('of which the end is not known is renewed at once, and serves meanwhile', async () => {
    const { server, answer, change, openTab } = await oldPage(library)
    change((text) => text.replace(/"expires_?at":\d+/gi, '"expiresAt":null'))
    const tokens = openTab()
    expect(await adoptFrom(library, tokens, server.issuer)).toBe('adopted')
    expect(await tokens.getAccessToken()).toBe(answer.access_token)
    await tokens.renew()
    expect(server.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted'])
  })

  test('is taken over once by two tabs at the same time', async () => {
    const { server, openTab } = await oldPage(library, { secondsLeft: -10 })
    const [one, other] = [openTab(), openTab()]
    const adoptions = [one, other].map((tokens) => adoptFrom(library, tokens, server.issuer))
    expect(await Promise.all(adoptions)).toEqual(['adopted', 'adopted'])
    const { sessionId } = await one.getTokens()
    expect(await other.getTokens()).toMatchObject({ sessionId, accessToken: await one.getAccessToken() })
    expect(server.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted'])
  })

  test('does not come back when a tab sees late that it was taken over', async () => {
    const page = await oldPage(library, { secondsLeft: -10 })
    const [first, late] = [page.openTab(), page.openTab()]
    const seenLate = [page.localStorage, page.sessionStorage].map(({ entries }) => [...entries])
    await adoptFrom(library, first, page.server.issuer)
    await first.getAccessToken()
    for (const [index, storage] of [page.localStorage, page.sessionStorage].entries()) {
      for (const [key, text] of seenLate[index] ?? []) storage.entries.set(key, text)
    }
    expect(await adoptFrom(library, late, page.server.issuer)).toBe('adopted')
    expect(await late.getAccessToken()).toBe(await first.getAccessToken())
    expect(page.entries()).toEqual(ofTheApplication)
    expect(page.server.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted'])
  })

  test('does not take the place of the one that is here', async () => {
    const { server, entries, openTab } = await oldPage(library)
    const tokens = openTab()
    await tokens.setTokens(await server.signIn({ subject: 'bob', scope: 'openid offline_access' }))
    expect(await adoptFrom(library, tokens, server.issuer)).toBe('adopted')
    expect((await tokens.getTokens()).identity?.sub).toBe('bob')
    expect(entries()).toEqual(ofTheApplication)
  })

  test('stays where it is until this one is stored, and no token shows in what is told', async () => {
    const { server, answer, entries, openTab } = await oldPage(library)
    const { store, mend } = brokenStore()
    const tokens = openTab({ store })
    const before = entries()
    const told: unknown[] = []
    tokens.on('error', ({ error }) => told.push(error.code, error.message, { ...error }))
    expect(await adoptFrom(library, tokens, server.issuer)).toBe('adopted')
    expect(await tokens.getAccessToken()).toBe(answer.access_token)
    expect(entries()).toEqual(before)
    mend()
    await vi.advanceTimersByTimeAsync(1000)
    expect(entries()).toEqual(ofTheApplication)
    const words = JSON.stringify([told, tokens.diagnose(), tokens.getSnapshot()])
    expect(words).toContain('storage_failed')
    for (const token of [answer.access_token, answer.refresh_token, answer.id_token]) expect(words).not.toContain(token)
  })

  test('is gone after a sign-out, even if this one was never stored', async () => {
    const { server, entries, openTab } = await oldPage(library)
    const tokens = openTab({ store: brokenStore().store })
    await adoptFrom(library, tokens, server.issuer)
    await expect(tokens.signOut()).rejects.toMatchObject({ code: 'storage_failed' })
    expect(entries()).toEqual(ofTheApplication)
  })

  test.each([
    ['of another client', { clientId: 'another' }, 'none'],
    ['of another server', { issuer: 'https://other.example' }, 'unusable'],
  ])('%s stays as it is', async (_whose, options, adoption) => {
    const { server, entries, openTab } = await oldPage(library)
    const tokens = openTab(options)
    const before = entries()
    expect(await adoptFrom(library, tokens, server.issuer)).toBe(adoption)
    expect(entries()).toEqual(before)
    await expect(tokens.getAccessToken()).rejects.toMatchObject({ code: 'login_required' })
  })

  test('that is bound to a key stays as it is', async () => {
    const { server, change, entries, openTab } = await oldPage(library)
    change((text) => text.replaceAll('"Bearer"', '"DPoP"'))
    const before = entries()
    expect(await adoptFrom(library, openTab(), server.issuer)).toBe('unusable')
    expect(entries()).toEqual(before)
  })

  test.each([600, -600])(
    'goes on where DPoP is switched on in the same move, with %d seconds left: its next token is bound',
    async (secondsLeft) => {
      const { server, entries, openTab } = await oldPage(library, { secondsLeft, dialect: binding })
      const tokens = openTab({ dpop: dpop() })
      expect(await adoptFrom(library, tokens, server.issuer)).toBe('adopted')
      expect(entries()).toEqual(ofTheApplication)
      const { accessToken, tokenType } = await tokens.getTokens()
      expect(tokenType).toBe('DPoP')
      expect(server.inspect(accessToken)).toMatchObject({ subject: 'alice', isUsable: true })
      expect(server.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted'])
    },
  )

  test('keeps its access token where DPoP binds refresh tokens alone', async () => {
    const { server, answer, openTab } = await oldPage(library)
    const tokens = openTab({ dpop: dpop({ allowBearer: true }) })
    expect(await adoptFrom(library, tokens, server.issuer)).toBe('adopted')
    expect(await tokens.getAccessToken()).toBe(answer.access_token)
  })

  test('that has nothing but an access token stays as it is where DPoP is switched on', async () => {
    const { server, entries, openTab } = await oldPage(library, { refresh_token: '' })
    const before = entries()
    expect(await adoptFrom(library, openTab({ dpop: dpop() }), server.issuer)).toBe('unusable')
    expect(entries()).toEqual(before)
  })

  test.each([
    ['cut off', (text: string) => text.slice(0, 40)],
    ['emptied', () => ''],
    ['of another type', () => '"text"'],
    ['null', () => 'null'],
    ['filled with null', (text: string) => text.replace(/:("[^"]*"|\d+)/g, ':null')],
  ])('that is damaged stays as it is: %s', async (_how, damage) => {
    const { server, change, entries, openTab } = await oldPage(library)
    change(damage)
    const before = entries()
    expect(await adoptFrom(library, openTab(), server.issuer)).not.toBe('adopted')
    expect(entries()).toEqual(before)
  })
})

test('nothing is taken over where nothing is stored, nor where a page may not use its storage', async () => {
  const { server, localStorage, sessionStorage, openTab } = await oldPage('none')
  for (const library of Object.keys(recorded)) expect(await adoptFrom(library, openTab(), server.issuer)).toBe('none')
  for (const storage of [localStorage, sessionStorage]) {
    Object.defineProperties(storage, {
      getItem: {
        get: () => {
          throw new DOMException('no', 'SecurityError')
        },
      },
      length: {
        get: () => {
          throw new DOMException('no', 'SecurityError')
        },
      },
    })
  }
  for (const library of Object.keys(recorded)) expect(await adoptFrom(library, openTab(), server.issuer)).toBe('none')
})
