import type { Figure } from './figure.js'
import type { Spread } from './rounds.js'

/** What was measured, and on what. */
export interface Report {
  readonly date: Date
  /** The machine and the versions of everything that counts. */
  readonly setting: readonly string[]
  readonly figures: readonly Figure[]
}

const explanation = `
\`npm run bench\` measures this and writes this file.

A size is that of a bundle of the packed package with everything in it, minified and compressed with brotli.

A ratio says how many times as long we take as something else in the same run. Both sides are measured in turns, round by
round, each first as often as the other, after rounds that do not count. The ratio is the median of those of the rounds
(their lowest and highest in brackets), and each of those compares two medians. On a machine that is busy with other
things ratios are less sure, and those of page loads come out too low, because both sides wait for the browser.

- \`await getAccessToken()\`: a manager with a fresh token, in a loop, over \`await f()\` with
  \`async function f() { return 'token' }\` in a loop of its own. In a page just loaded these are its first 10,000 calls, as
  pages make them. Optimized means after so many that the engine has made of \`f\` next to nothing; a function that only
  reads the clock, as every holder of a token must that serves none past its end, takes several times as long then.
- Renewal: a manager that was given a refresh token alone gets its first access token. The other
  side is \`refreshTokenGrantRequest()\` and \`processRefreshTokenResponse()\`, with the same client authentication
  (HTTP Basic) at the same server, which rotates. The server runs in the same process, so its work is part of both.
- Renewal with a store: the same by a manager with its store in a file, Redis or PostgreSQL, on this machine, over one with
  its store in memory, at a server of its own. What a store adds is the median of the rounds too. Redis writes its file
  once a second, PostgreSQL and the file store before they answer. Counted is what the client of Redis or PostgreSQL is
  given from the call until the next sign-in, whatever it is for, and what the file store is asked for in that time; its
  reads come of the watcher, which tells a manager of its own swaps too, and are part of the time.
- Page load: the session was stored by an earlier page. From the first statement of the program after its imports until
  \`createTokenManager().getAccessToken()\` gives the token, over the same with one \`get()\` of the same tokens, each page
  just loaded. A new tab has a process of its own, in which nothing has run yet. Here the ratio is that of the medians of
  all loads.
`.trim()

/** The report as a page of Markdown. */
export function toMarkdown({ date, setting, figures }: Report): string {
  const missed = figures.filter(isMissed).map(({ what, reason }) => `- ${what}: ${reason ?? 'nobody knows why yet'}`)
  return `# Benchmarks

${explanation}

Measured on ${date.toISOString().slice(0, 10)}:

${setting.map((line) => `- ${line}`).join('\n')}

| what | figure | budget | met? | ours, median (min to max) | compared with, median (min to max) | n |
| --- | --- | --- | --- | --- | --- | --- |
${toRows(figures)}

${missed.length > 0 ? `Why budgets are missed:\n\n${missed.join('\n')}` : 'All budgets are met.'}
`
}

/** Figures as rows of the table. */
export function toRows(figures: readonly Figure[]): string {
  return figures.map((figure) => `| ${row(figure).join(' | ')} |`).join('\n')
}

/** One figure in a line. */
export function toLine(figure: Figure): string {
  const [what, value, budget, verdict, ours, theirs] = row(figure)
  return `${what}: ${value}${budget && `, ${budget}: ${verdict}`}${ours && `; ${ours} over ${theirs}`}`
}

function row(figure: Figure): string[] {
  const { what, budget } = figure
  if (figure.kind === 'size') {
    return [what, kilobytes(figure.bytes), atMost(budget, kilobytes), verdictOf(figure), '', '', '']
  }
  if (figure.kind === 'count') {
    return [what, twoDigits(figure.count), atMost(budget, twoDigits), verdictOf(figure), '', '', figure.n]
  }
  if (figure.kind === 'amount') {
    const inUnit = (value: number): string => `${short(value)} ${figure.unit}`
    const { value, range } = figure
    const text = range ? spread({ median: value, ...range }, ` ${figure.unit}`) : inUnit(value)
    return [what, text, atMost(budget, inUnit), verdictOf(figure), '', '', figure.n]
  }
  const { comparison, comparedWith, unit, n } = figure
  const { ours, theirs, ratio } = comparison
  const [oursText, theirsText] = [spread(ours, ` ${unit}`), `${comparedWith}: ${spread(theirs, ` ${unit}`)}`]
  return [what, spread(ratio, 'x'), atMost(budget, times), verdictOf(figure), oursText, theirsText, n]
}

function verdictOf(figure: Figure): string {
  return figure.budget === undefined ? '' : isMissed(figure) ? 'missed' : 'met'
}

function isMissed(figure: Figure): boolean {
  return valueOf(figure) > (figure.budget ?? Infinity)
}

function valueOf(figure: Figure): number {
  switch (figure.kind) {
    case 'size':
      return figure.bytes
    case 'count':
      return figure.count
    case 'amount':
      return figure.value
    case 'ratio':
      return figure.comparison.ratio.median
  }
}

function atMost(budget: number | undefined, toText: (value: number) => string): string {
  return budget === undefined ? '' : `at most ${toText(budget)}`
}

function spread({ median, min, max }: Spread, unit: string): string {
  return `${short(median)}${unit} (${short(min)} to ${short(max)})`
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`
}

function times(ratio: number): string {
  return `${ratio}x`
}

function twoDigits(count: number): string {
  return count.toFixed(2)
}

/** Three digits, which is more than can be trusted. */
function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3)
}
