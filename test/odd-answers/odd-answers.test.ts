import { expect, test } from 'vitest'
import { Random } from '../simulation/random.js'
import { problemOf } from './judge.js'
import { describeAnswer, oddAnswer } from './made-up.js'

const count = 3_000
const longestMs = 300_000

test(
  `P-033 P-035 P-077 P-091 R12 F68 T15: of ${count} made-up answers none loses, breaks or storms anything`,
  async () => {
    const random = new Random(20_261_122)
    const wrong: string[] = []
    for (let index = 0; index < count && wrong.length < 10; index++) {
      const answer = oddAnswer(random)
      const problem = await problemOf(answer)
      if (problem) wrong.push(`${problem}: ${describeAnswer(answer)}`)
    }
    expect(wrong).toEqual([])
  },
  longestMs,
)

test('F68 members nested so deeply that no store could keep them cost no token', async () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000)
  const body = `{"access_token":"access-2","refresh_token":"refresh-2","expires_in":3600,"extra":${deep}}`
  expect(await problemOf({ status: 200, headers: [], body })).toBeUndefined()
})
