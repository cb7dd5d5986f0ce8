import { describe, expect, test } from 'vitest'
import { answerTokenRequests, fakeDevice, refusal, type FakeDevice } from './fake-device.js'

const pending = (): Response => refusal('authorization_pending')

async function signInTo({ server, prompt, end }: FakeDevice): Promise<void> {
  server.decideDevice(prompt.userCode, { subject: 'bob' })
  expect(await end()).toBe('signed in')
}

describe('a page in place of an answer, as from a balancer', () => {
  const page = (): Response => new Response('<h1>not found</h1>', { status: 404 })

  test('is waited out', async () => {
    const device = fakeDevice({ intercept: answerTokenRequests(pending(), page(), page(), pending()) })
    await device.start()
    await signInTo(device)
  })

  test('is waited out each time that the server has answered in between', async () => {
    const answers = Array.from({ length: 6 }, () => [pending(), page()]).flat()
    const device = fakeDevice({ intercept: answerTokenRequests(...answers) })
    await device.start()
    await signInTo(device)
  })

  test('is believed when it comes again and again', async () => {
    const device = fakeDevice({ intercept: answerTokenRequests(...Array.from({ length: 20 }, page)) })
    await device.start()
    expect(await device.end()).toMatchObject({ code: 'misconfigured', status: 404 })
    expect(device.askedAt).toHaveLength(5)
  })
})
