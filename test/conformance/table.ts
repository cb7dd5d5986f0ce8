import path from 'node:path'
import type { Requirement } from './requirements/requirement.js'
import type { Section } from './requirements/requirements.js'

/** One test of a run. */
export interface TestResult {
  /** Relative to the repository, with slashes. */
  readonly file: string
  readonly title: string
  readonly status: 'passed' | 'failed' | 'skipped'
}

/** What vitest writes of a run, as far as it is read here. */
export interface RunReport {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[]
      readonly title: string
      readonly status: string
    }[]
  }[]
}

/** What became of a requirement. */
export type Outcome = 'passes' | 'fails' | 'not run' | 'no test' | 'waived'

/** What a requirement is called. */
export const idPattern: RegExp = /\b[FP]-\d{3}\b/g
const mostExamples = 2

/** The tests of a run. Whatever neither passed nor failed proves nothing. */
export function testsOf({ testResults }: RunReport, repository: string): TestResult[] {
  return testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ ancestorTitles, title, status }) => ({
      file: path.relative(repository, name).replaceAll(path.sep, '/'),
      title: [...ancestorTitles, title].join(' > '),
      status: status === 'passed' || status === 'failed' ? status : 'skipped',
    })),
  )
}

/** The requirements that a title names. */
export function idsIn(title: string): string[] {
  return [...new Set(title.match(idPattern) ?? [])]
}

/** The tests of each requirement, in an order that does not depend on the run. */
export function testsById(tests: readonly TestResult[]): Map<string, TestResult[]> {
  const byId = new Map<string, TestResult[]>()
  for (const test of [...tests].sort((a, b) => order(a.file, b.file) || order(a.title, b.title))) {
    for (const id of idsIn(test.title)) byId.set(id, [...(byId.get(id) ?? []), test])
  }
  return byId
}

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

/** One test that fails is enough for a requirement to fail, whatever the others do. */
export function outcomeOf({ waived }: Requirement, tests: readonly TestResult[] = []): Outcome {
  if (tests.some(({ status }) => status === 'failed')) return 'fails'
  if (tests.some(({ status }) => status === 'passed')) return 'passes'
  if (waived !== undefined) return 'waived'
  return tests.length > 0 ? 'not run' : 'no test'
}

/** What is wrong with the requirements or their tests; nothing when all is well. */
export function faultsOf(sections: readonly Section[], tests: readonly TestResult[]): string[] {
  const byId = testsById(tests)
  const all = sections.flatMap(({ requirements }) => requirements)
  const ids = all.map(({ id }) => id)
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index)
  const unknown = [...byId].filter(([id]) => !ids.includes(id))
  return [
    ...twice.map((id) => `${id} is listed twice`),
    ...unknown.map(([id, [test]]) => `${id} does not exist, but a title names it: ${nameOf(test)}`),
    ...all.flatMap((requirement) => faultOf(requirement, byId.get(requirement.id)) ?? []),
  ]
}

function faultOf(requirement: Requirement, tests: readonly TestResult[] = []): string | undefined {
  const { id, level, waived } = requirement
  const outcome = outcomeOf(requirement, tests)
  if (outcome === 'fails') return `${id} fails: ${nameOf(tests.find(({ status }) => status === 'failed'))}`
  if (outcome === 'passes') return waived && `${id} has a test that passes, so the reason why it has none must go`
  if (outcome === 'waived' || level === 'MAY') return undefined
  return outcome === 'not run'
    ? `${id} (${level}) is not proven: its tests did not run`
    : `${id} (${level}) is not proven: no title of a test names it, and no reason is given`
}

function nameOf(test: TestResult | undefined): string {
  return test ? `${test.file}: ${test.title}` : ''
}

/** The requirements and what proves them, as a page. It depends on the titles and outcomes of tests, and on nothing else. */
export function pageOf(sections: readonly Section[], tests: readonly TestResult[]): string {
  const byId = testsById(tests)
  const all = sections.flatMap(({ requirements }) => requirements)
  const count = (outcome: Outcome): number =>
    all.filter((requirement) => outcomeOf(requirement, byId.get(requirement.id)) === outcome).length
  const tables = sections.map(({ title, requirements }) => tableOf(title, requirements, byId))
  return [
    '# Conformance',
    `What the specifications and the servers demand of a client that keeps sessions alive, in our words, and the tests that
prove it. ${count('passes')} of ${all.length} requirements pass; ${count('waived')} have a reason in place of a test. A test names in its title
what it proves; one that fails makes its requirements fail.`,
    'This page is written by `npm run check:conformance -- --accept` from the report of `npm test`, and checked by `npm run check`.',
    ...tables,
  ].join('\n\n')
}

function tableOf(title: string, requirements: readonly Requirement[], byId: Map<string, TestResult[]>): string {
  const rows = requirements.map((requirement) => {
    const { id, level, section } = requirement
    const tests = byId.get(id)
    const cells = [id, level, cell(requirement.requirement), cell(section), examplesOf(tests)]
    return `| ${[...cells, resultOf(requirement, tests)].join(' | ')} |`
  })
  const head = ['| id | level | requirement | specification | tests | result |', '| - | - | - | - | - | - |']
  return `## ${title}\n\n${[...head, ...rows].join('\n')}`
}

function resultOf(requirement: Requirement, tests: readonly TestResult[] | undefined): string {
  const outcome = outcomeOf(requirement, tests)
  if (outcome === 'passes') return 'passes'
  return outcome === 'waived' ? cell(requirement.waived ?? '') : `**${outcome}**`
}

/** Two tests, of different files where there are several, and how many more there are. */
function examplesOf(tests: readonly TestResult[] = []): string {
  const firsts = tests.filter((test, index) => test.file !== tests[index - 1]?.file)
  const shown = [...new Set([...firsts, ...tests])].slice(0, mostExamples)
  const more = tests.length - shown.length
  const links = shown.map(({ file, title }) => `[${file.replace(/^test\//, '')}](../${file}): ${cell(title)}`)
  return [...links, ...(more > 0 ? [`and ${more} more`] : [])].join('<br>')
}

/** Text that means nothing to Markdown. */
function cell(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/[\\|*_`[\]~#]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
}
