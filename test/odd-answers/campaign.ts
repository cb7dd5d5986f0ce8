// Makes up answers to a renewal, as odd as they come, and looks at what each does to a session:
//   npm run campaign:answers -- [--answers 1000000] [--seed 1]
// Odd types, names of prototypes, numbers beyond all bounds, bodies of 5 MB and more, and values nested 100,000 deep. Each is
// given to a manager of its own, whose session must come out with the tokens that were in it and one timer between a second and
// six hours; reports/answers.jsonl keeps the figures.
import { appendFileSync, mkdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Random } from '../simulation/random.js'
import { wholeNumber } from '../support/whole-number.js'
import { problemOf } from './judge.js'
import { describeAnswer, oddAnswer } from './made-up.js'

const { values } = parseArgs({
  options: { answers: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } },
})
const answers = wholeNumber('answers', values.answers)
const random = new Random(wholeNumber('seed', values.seed, 0))
const bigCharacters = 5_000_000
const mostShown = 20
const progressAnswers = 100_000
const startedAt = performance.now()

const seconds = (): number => Math.round((performance.now() - startedAt) / 1000)
const figures = { answers: 0, withTokens: 0, big: 0, largestCharacters: 0, wrong: 0 }
for (; figures.answers < answers; figures.answers++) {
  if (figures.answers % progressAnswers === 0) console.log(`${seconds()} s: ${JSON.stringify(figures)}`)
  const answer = oddAnswer(random)
  const { length } = answer.body
  if (length >= bigCharacters) figures.big++
  figures.largestCharacters = Math.max(figures.largestCharacters, length)
  if (answer.status < 300 && /"(?:access|refresh)_token":"[^"]/.test(answer.body.slice(0, 1000))) figures.withTokens++
  const problem = await problemOf(answer)
  if (problem && figures.wrong++ < mostShown) console.log(`FAULT: ${problem}: ${describeAnswer(answer)}`)
}
const line = {
  date: new Date().toISOString(),
  seed: values.seed,
  node: process.version,
  seconds: seconds(),
  ...figures,
}
mkdirSync('reports', { recursive: true })
appendFileSync('reports/answers.jsonl', `${JSON.stringify(line)}\n`)
console.log(line)
process.exitCode = figures.wrong === 0 ? 0 : 1
