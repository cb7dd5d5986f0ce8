import { describe, expect, test } from 'vitest'
import { must, note, may, should, type Requirement } from './requirements/requirement.js'
import { sections } from './requirements/requirements.js'
import { faultsOf, pageOf, testsOf, type RunReport, type TestResult } from './table.js'

const passed = (title: string, file = 'test/a.test.ts'): TestResult => ({ file, title, status: 'passed' })
const failed = (title: string): TestResult => ({ ...passed(title), status: 'failed' })
const skipped = (title: string): TestResult => ({ ...passed(title), status: 'skipped' })

const of = (...requirements: Requirement[]) => [{ title: 'All', requirements }]
const demand = must('P-901', 'It works.', 'RFC 1 §2')

/** The row of the page that begins with an id. */
function rowOf(page: string, id: string): string | undefined {
  return page.split('\n').find((line) => line.startsWith(`| ${id} `))
}

describe('a requirement', () => {
  test('that a test proves is shown with it', () => {
    const tests = [passed('group > P-901 works')]
    expect(faultsOf(of(demand), tests)).toEqual([])
    expect(rowOf(pageOf(of(demand), tests), 'P-901')).toBe(
      '| P-901 | MUST | It works. | RFC 1 §2 | [a.test.ts](../test/a.test.ts): group > P-901 works | passes |',
    )
  })

  test('turns red with one test that fails, however many pass', () => {
    const tests = [passed('P-901 works'), failed('P-901 works twice'), passed('P-901 works again')]
    expect(faultsOf(of(demand), tests)).toEqual(['P-901 fails: test/a.test.ts: P-901 works twice'])
    expect(rowOf(pageOf(of(demand), tests), 'P-901')).toMatch(/\| \*\*fails\*\* \|$/)
  })

  test('turns red also where it has a reason to go without a test', () => {
    const waived = should('P-901', 'It works.', 'RFC 1', 'Not done.')
    expect(faultsOf(of(waived), [failed('P-901 works')])).toEqual(['P-901 fails: test/a.test.ts: P-901 works'])
  })

  test('is not proven by a test that did not run', () => {
    const tests = [skipped('P-901 works')]
    expect(faultsOf(of(demand), tests)).toEqual(['P-901 (MUST) is not proven: its tests did not run'])
    expect(rowOf(pageOf(of(demand), tests), 'P-901')).toMatch(/\*\*not run\*\* \|$/)
  })

  test.each([
    ['a MUST', must, true],
    ['a SHOULD', should, true],
    ['a note', note, true],
    ['a MAY', may, false],
  ])('without a test and a reason is a fault if it is %s', (_kind, level, isFault) => {
    expect(faultsOf(of(level('P-901', 'It works.', 'RFC 1')), [])).toHaveLength(Number(isFault))
    expect(faultsOf(of(level('P-901', 'It works.', 'RFC 1', 'Does not apply.')), [])).toEqual([])
  })

  test('shows its reason in place of a result, and may not keep it beside a test', () => {
    const waived = of(should('P-901', 'It works.', 'RFC 1', 'Not done: a | b.'))
    expect(rowOf(pageOf(waived, []), 'P-901')).toMatch(/ {2}\| Not done: a \\\| b\. \|$/)
    expect(faultsOf(waived, [passed('P-901 works')])).toEqual([expect.stringContaining('the reason why')])
  })
})

describe('the table', () => {
  test('does not know an id that a title names', () => {
    expect(faultsOf(of(demand), [passed('P-901 works'), passed('P-902 works')])).toEqual([
      'P-902 does not exist, but a title names it: test/a.test.ts: P-902 works',
    ])
  })

  test('lists no id twice', () => {
    expect(faultsOf(of(demand, demand), [passed('P-901 works')])).toEqual(['P-901 is listed twice'])
  })

  test('is the same whatever the order of the tests, and shows two of different files', () => {
    const tests = [passed('P-901 c', 'test/b.test.ts'), passed('P-901 b'), passed('P-901 a'), passed('P-901 d')]
    const page = pageOf(of(demand), tests)
    expect(pageOf(of(demand), [...tests].reverse())).toBe(page)
    expect(rowOf(page, 'P-901')).toContain(
      '| [a.test.ts](../test/a.test.ts): P-901 a<br>[b.test.ts](../test/b.test.ts): P-901 c<br>and 2 more |',
    )
  })

  test('takes titles for text', () => {
    const page = pageOf(of(demand), [passed('P-901 <b> `a` | [x](y)\n*z*')])
    expect(page).toContain(String.raw`P-901 &lt;b> \`a\` \| \[x\](y) \*z\* | passes |`)
  })
})

test('the tests of a run are read with their files and groups', () => {
  const report: RunReport = {
    testResults: [
      {
        name: '/repository/test/a.test.ts',
        assertionResults: [
          { ancestorTitles: ['group'], title: 'P-901 works', status: 'passed' },
          { ancestorTitles: [], title: 'P-902 works', status: 'pending' },
        ],
      },
    ],
  }
  expect(testsOf(report, '/repository')).toEqual([
    { file: 'test/a.test.ts', title: 'group > P-901 works', status: 'passed' },
    { file: 'test/a.test.ts', title: 'P-902 works', status: 'skipped' },
  ])
})

test('each requirement is listed once, in the words of one sentence', () => {
  const all = sections.flatMap(({ requirements }) => requirements)
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
  for (const { requirement, waived } of all) {
    for (const text of [requirement, waived ?? 'None.']) expect(text).toMatch(/^[\w].*[.)]$/)
  }
})
