import { describe, expect, test } from 'vitest'
import { api, refusal, signedIn, type Api } from './api.js'

/** An API that never answers. */
async function silent(): Promise<Api> {
  const calling = await signedIn()
  calling.answer = () => new Promise(() => undefined)
  return calling
}

describe('a call whose caller gives up', () => {
  test('before it begins is not made, and rejects with the reason', async () => {
    const calling = await signedIn()
    const reason = new Error('changed my mind')
    await expect(calling.call(api, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(calling.calls).toEqual([])
  })

  test('while it waits for a token is not made, rejects at once with the reason, and the renewal goes on', async () => {
    const calling = await signedIn()
    await calling.environment.pass(3600_000)
    let renew = (): void => undefined
    const renewal = calling.renewal
    calling.renewal = () => new Promise((resolve) => (renew = () => resolve(renewal())))
    const leaving = new AbortController()
    const reason = new Error('changed my mind')
    const call = calling.manager.fetch(api, { signal: leaving.signal })
    await calling.environment.pass(1000)
    leaving.abort(reason)
    await expect(call).rejects.toBe(reason)
    renew()
    await calling.environment.pass(1000)
    expect(calling.calls).toEqual([])
    expect(await calling.manager.getAccessToken()).toBe('access-1')
  })

  test('while the API is silent rejects with the reason', async () => {
    const calling = await silent()
    const leaving = new AbortController()
    const reason = new Error('changed my mind')
    const call = calling.manager.fetch(api, { signal: leaving.signal })
    await calling.environment.pass(1000)
    leaving.abort(reason)
    await expect(call).rejects.toBe(reason)
    expect(calling.calls).toHaveLength(1)
  })

  test('while a refused token is renewed is not repeated, and rejects with the reason', async () => {
    const calling = await signedIn()
    calling.answer = () => refusal()
    const leaving = new AbortController()
    const reason = new Error('changed my mind')
    calling.renewal = () => {
      leaving.abort(reason)
      return new Promise(() => undefined)
    }
    await expect(calling.call(api, { signal: leaving.signal })).rejects.toBe(reason)
    expect(calling.calls).toHaveLength(1)
  })

  test('while it is repeated rejects with the reason', async () => {
    const calling = await signedIn()
    const leaving = new AbortController()
    const reason = new Error('changed my mind')
    calling.answer = ({ authorization }) => {
      if (authorization === 'Bearer access-0') return refusal()
      leaving.abort(reason)
      return new Promise(() => undefined)
    }
    await expect(calling.call(api, { method: 'POST', body: 'a', signal: leaving.signal })).rejects.toBe(reason)
    expect(calling.calls).toHaveLength(2)
  })

  test('without a reason rejects with an AbortError, as fetch does', async () => {
    const calling = await silent()
    const leaving = new AbortController()
    const call = calling.manager.fetch(api, { signal: leaving.signal })
    await calling.environment.pass(1000)
    leaving.abort()
    await expect(call).rejects.toMatchObject({ name: 'AbortError' })
  })

  test('through the signal of a Request rejects with its reason', async () => {
    const calling = await silent()
    const leaving = new AbortController()
    const reason = new Error('changed my mind')
    const call = calling.manager.fetch(new Request(api, { signal: leaving.signal }))
    await calling.environment.pass(1000)
    leaving.abort(reason)
    await expect(call).rejects.toBe(reason)
  })
})

test('a caller that is told by dispose() that its manager has ended learns that as EvergrantError', async () => {
  const calling = await signedIn()
  await calling.environment.pass(3600_000)
  calling.renewal = () => new Promise(() => undefined)
  const call = calling.manager.fetch(api)
  await calling.environment.pass(1000)
  calling.manager.dispose()
  await expect(call).rejects.toMatchObject({ code: 'aborted' })
  expect(calling.calls).toEqual([])
})
