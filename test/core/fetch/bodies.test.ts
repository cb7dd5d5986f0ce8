import { describe, expect, test } from 'vitest'
import { accepting, api, signedIn, type Api, type Call } from './api.js'

/** An API that refuses the first token and takes the next. */
async function refusing(): Promise<Api> {
  const calling = await signedIn()
  calling.answer = accepting('access-1')
  return calling
}

function form(): FormData {
  const form = new FormData()
  form.append('name', 'Ada')
  form.append('picture', new Blob(['pixels'], { type: 'image/png' }), 'ada.png')
  return form
}

/** The names of its fields with their values; each sending has a boundary of its own. */
async function read(call: Call | undefined): Promise<[string, string][]> {
  const headers = { 'content-type': call?.headers.get('content-type') ?? '' }
  const form = await new Response(call?.body ?? '', { headers }).formData()
  const fields = [...form].map(async ([name, value]) => [name, typeof value === 'string' ? value : await value.text()])
  return Promise.all(fields) as Promise<[string, string][]>
}

function stream(text: string): ReadableStream<Uint8Array> {
  return new Blob([text]).stream()
}

async function* pieces(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode('first, ')
  yield new TextEncoder().encode('second')
}

describe('P-132 a call that is repeated sends again', () => {
  test.each([
    ['no body', undefined, ''],
    ['an empty body', '', ''],
    ['text', 'hello', 'hello'],
    ['URLSearchParams', new URLSearchParams({ a: 'b c' }), 'a=b+c'],
    ['a Blob', new Blob(['hello']), 'hello'],
    ['an ArrayBuffer', new TextEncoder().encode('hello').buffer, 'hello'],
    ['a view of an ArrayBuffer', new TextEncoder().encode('say hello').subarray(4), 'hello'],
    ['a Buffer', Buffer.from('hello'), 'hello'],
  ])('%s', async (_kind, body, expected) => {
    const calling = await refusing()
    expect((await calling.call(api, { method: 'POST', ...(body !== undefined && { body }) })).status).toBe(200)
    expect(calling.calls.map((call) => call.body)).toEqual([expected, expected])
    expect(calling.presented).toEqual(['Bearer access-0', 'Bearer access-1'])
  })

  test('a FormData with a file', async () => {
    const calling = await refusing()
    expect((await calling.call(api, { method: 'POST', body: form() })).status).toBe(200)
    const [first, second] = calling.calls
    expect(first?.body).toMatch(/name="name"\s+Ada[^]+filename="ada.png"\s+Content-Type: image\/png\s+pixels/)
    const fields = await Promise.all([first, second].map((call) => read(call)))
    expect(fields[1]).toEqual(fields[0])
  })

  test('a Request object with its body, method and headers', async () => {
    const calling = await refusing()
    const request = new Request(`${api}/orders`, { method: 'PUT', body: 'hello', headers: { 'x-own': 'kept' } })
    expect((await calling.call(request)).status).toBe(200)
    const [first, second] = calling.calls
    expect(first).toMatchObject({ url: `${api}/orders`, method: 'PUT', body: 'hello' })
    expect(first?.headers.get('x-own')).toBe('kept')
    expect({ ...second, headers: undefined }).toEqual({
      ...first,
      headers: undefined,
      authorization: 'Bearer access-1',
    })
    expect(second?.headers.get('x-own')).toBe('kept')
    expect(request.bodyUsed).toBe(true)
  })

  test('the body of an init that takes the place of that of a Request', async () => {
    const calling = await refusing()
    await calling.call(new Request(api, { method: 'POST', body: 'old' }), { body: 'new' })
    expect(calling.calls.map((call) => call.body)).toEqual(['new', 'new'])
  })

  test('what it sent first, also when the caller changes that meanwhile', async () => {
    const calling = await refusing()
    const [parameters, init] = [new URLSearchParams({ a: 'b' }), { method: 'POST', headers: { 'x-own': 'first' } }]
    const accept = calling.answer
    calling.answer = (call) => {
      parameters.set('a', 'changed')
      init.headers['x-own'] = 'changed'
      return accept(call)
    }
    await calling.call(api, Object.assign(init, { body: parameters }))
    expect(calling.calls.map((call) => [call.body, call.headers.get('x-own')])).toEqual(Array(2).fill(['a=b', 'first']))
  })
})

describe('P-132 a call with a body that can be sent only once', () => {
  test.each([
    ['a stream', () => stream('first, second')],
    ['an async iterable', () => pieces() as unknown as ReadableStream],
  ])('such as %s is not repeated, but the next call has a new token', async (_kind, make) => {
    const calling = await refusing()
    const response = await calling.call(api, { method: 'POST', body: make(), duplex: 'half' } as RequestInit)
    expect(response.status).toBe(401)
    expect(calling.calls.map(({ body }) => body)).toEqual(['first, second'])
    expect(calling.renewals).toBe(1)
    expect((await calling.call()).status).toBe(200)
    expect(calling.presented).toEqual(['Bearer access-0', 'Bearer access-1'])
  })

  test('sends it when the token is good', async () => {
    const calling = await signedIn()
    const body = stream('hello')
    expect((await calling.call(api, { method: 'POST', body, duplex: 'half' } as RequestInit)).status).toBe(200)
    expect(calling.calls).toMatchObject([{ body: 'hello' }])
  })
})

describe('as with `fetch`, what the caller changes after the call changes nothing, though the call is repeated', () => {
  test('an address that goes on to the next page, or to another host', async () => {
    const calling = await refusing()
    const url = new URL(`${api}/orders?page=1`)
    const call = calling.call(url)
    url.searchParams.set('page', '2')
    url.host = 'elsewhere.example'
    expect((await call).status).toBe(200)
    expect(calling.calls.map(({ url }) => url)).toEqual([`${api}/orders?page=1`, `${api}/orders?page=1`])
  })

  test('a buffer that takes the next piece', async () => {
    const calling = await refusing()
    const body = new TextEncoder().encode('first')
    const init = { method: 'POST', body }
    const call = calling.call(api, init)
    body.set(new TextEncoder().encode('other'))
    init.method = 'PUT'
    expect((await call).status).toBe(200)
    expect(calling.calls).toMatchObject([
      { method: 'POST', body: 'first' },
      { method: 'POST', body: 'first' },
    ])
  })
})
