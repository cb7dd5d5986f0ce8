import { describe, expect, test } from 'vitest'
import type { RotationPolicy } from 'evergrant/testing'
import { outcomes, redeem, startServer, statusAtResource, successorOf } from './redeeming.js'

const refused = { status: 400, body: { error: 'invalid_grant' } }
const graceSeconds = 30

describe('a server that never replaces refresh tokens', () => {
  test('repeats the refresh token in each answer', async () => {
    const { server, refreshToken } = await startServer({ rotation: 'none' })
    for (let use = 0; use < 3; use++) expect(await successorOf(server, refreshToken)).toBe(refreshToken)
    expect(outcomes(server)).toEqual(['accepted', 'accepted', 'accepted'])
  })

  test('or leaves it out of each answer', async () => {
    const { server, refreshToken } = await startServer({ rotation: 'omit' })
    for (let use = 0; use < 3; use++) {
      const { status, body } = await redeem(server, refreshToken)
      expect(status).toBe(200)
      expect(body).not.toHaveProperty('refresh_token')
    }
    expect(outcomes(server)).toEqual(['accepted', 'accepted', 'accepted'])
  })
})

describe('a server that rotates strictly', () => {
  test('replaces a refresh token whenever it is used, which is what it does by default', async () => {
    const { server, refreshToken } = await startServer()
    const chain = [refreshToken]
    for (let use = 0; use < 5; use++) chain.push(await successorOf(server, chain.at(-1)))
    expect(server.rotation).toBe('strict')
    expect(new Set(chain).size).toBe(6)
    expect(server.redemptions.map(({ depth }) => depth)).toEqual([0, 1, 2, 3, 4])
  })

  test('takes a second use for theft: all tokens of that sign-in are dead, and those of others live', async () => {
    const { server, refreshToken, accessToken } = await startServer()
    const other = await server.signIn({ subject: 'bob' })
    const successor = await successorOf(server, refreshToken)
    expect(await redeem(server, refreshToken)).toMatchObject(refused)
    expect(await redeem(server, successor)).toMatchObject(refused)
    expect(await statusAtResource(server, accessToken)).toBe(401)
    expect(await statusAtResource(server, other.access_token)).toBe(200)
    expect(await successorOf(server, other.refresh_token)).toMatch(/^refresh/)
    expect(outcomes(server)).toEqual(['accepted', 'reuse', 'dead', 'accepted'])
    expect(server.redemptions.map(({ family }) => family)).toEqual([0, 0, 0, 1])
  })

  test('just refuses a second use when reuse is not to revoke', async () => {
    const { server, refreshToken, accessToken } = await startServer({ reuseRevokes: false })
    const successor = await successorOf(server, refreshToken)
    expect(await redeem(server, refreshToken)).toMatchObject(refused)
    expect(await statusAtResource(server, accessToken)).toBe(200)
    expect(await successorOf(server, successor)).not.toBe(successor)
    expect(outcomes(server)).toEqual(['accepted', 'reuse', 'accepted'])
  })
})

describe('a server with a grace period', () => {
  test('answers a repeated use with the same successor until the period is over, to the millisecond', async () => {
    const { server, environment, refreshToken } = await startServer({ rotation: { graceSeconds } })
    const successor = await successorOf(server, refreshToken)
    await environment.pass(graceSeconds * 1000)
    expect(await successorOf(server, refreshToken)).toBe(successor)
    await environment.pass(1)
    expect(await redeem(server, refreshToken)).toMatchObject(refused)
    expect(outcomes(server)).toEqual(['accepted', 'repeated', 'reuse'])
    expect(await redeem(server, successor)).toMatchObject(refused)
  })

  test('counts from the first use, however often the token is used again', async () => {
    const { server, environment, refreshToken } = await startServer({ rotation: { graceSeconds } })
    for (let use = 0; use < 3; use++) {
      await successorOf(server, refreshToken)
      await environment.pass(14_000)
    }
    expect(await redeem(server, refreshToken)).toMatchObject(refused)
  })

  test('still accepts the token although its successor was used, and tells the same successor', async () => {
    const { server, refreshToken } = await startServer({ rotation: { graceSeconds } })
    const successor = await successorOf(server, refreshToken)
    await successorOf(server, successor)
    expect(await successorOf(server, refreshToken)).toBe(successor)
    expect(outcomes(server)).toEqual(['accepted', 'accepted', 'repeated'])
  })

  test('answers each repeated use with another successor when it makes siblings, and all of them are good', async () => {
    const { server, refreshToken } = await startServer({ rotation: { graceSeconds }, siblings: true })
    const siblings: string[] = []
    for (let use = 0; use < 4; use++) siblings.push(await successorOf(server, refreshToken))
    expect(new Set(siblings).size).toBe(4)
    for (const sibling of siblings) expect(server.inspect(sibling)).toMatchObject({ depth: 1, isUsable: true })
  })
})

describe('a server that waits until the successor is used', () => {
  test('accepts the token again, however late, and gives the same successor', async () => {
    const { server, environment, refreshToken } = await startServer({ rotation: 'until-child-used' })
    const successor = await successorOf(server, refreshToken)
    await environment.pass(30 * 24 * 3_600_000)
    expect(await successorOf(server, refreshToken)).toBe(successor)
    expect(outcomes(server)).toEqual(['accepted', 'repeated'])
  })

  test('takes it for theft as soon as the successor was used', async () => {
    const { server, refreshToken } = await startServer({ rotation: 'until-child-used' })
    const successor = await successorOf(server, refreshToken)
    const last = await successorOf(server, successor)
    expect(await redeem(server, refreshToken)).toMatchObject(refused)
    expect(await redeem(server, last)).toMatchObject(refused)
    expect(outcomes(server)).toEqual(['accepted', 'accepted', 'reuse', 'dead'])
  })
})

describe('twenty uses of one refresh token at the same time', () => {
  async function race(rotation: RotationPolicy): Promise<{ statuses: number[]; successors: unknown[]; log: string[] }> {
    const { server, refreshToken } = await startServer({ rotation })
    const answers = await Promise.all(Array.from({ length: 20 }, () => redeem(server, refreshToken)))
    const accepted = answers.filter(({ status }) => status === 200)
    return {
      statuses: answers.map(({ status }) => status).sort(),
      successors: [...new Set(accepted.map(({ body }) => body.refresh_token))],
      log: outcomes(server),
    }
  }

  test('have one winner under strict rotation', async () => {
    const { statuses, log } = await race('strict')
    expect(statuses).toEqual([200, ...Array<number>(19).fill(400)])
    expect(log).toEqual(['accepted', 'reuse', ...Array<string>(18).fill('dead')])
  })

  test.each<RotationPolicy>([{ graceSeconds }, 'until-child-used'])(
    'all get the same successor under %j',
    async (rotation) => {
      const { statuses, successors, log } = await race(rotation)
      expect(statuses).toEqual(Array(20).fill(200))
      expect(successors).toHaveLength(1)
      expect(log).toEqual(['accepted', ...Array<string>(19).fill('repeated')])
    },
  )
})

test('the policy of a running server can be changed', async () => {
  const { server, refreshToken } = await startServer({ rotation: 'none' })
  await successorOf(server, refreshToken)
  server.rotation = 'strict'
  expect(await successorOf(server, refreshToken)).not.toBe(refreshToken)
  expect(await redeem(server, refreshToken)).toMatchObject(refused)
})
