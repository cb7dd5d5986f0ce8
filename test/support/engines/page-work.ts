import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

const longestPauseMs = 50

/** What a page answers: the result of its work, or the error. */
interface Answer<R> {
  readonly value?: R
  readonly error?: { readonly name: string; readonly message: string }
}

/** Runs an expression in a page, and resolves to the text that it comes to, without waiting for promises. */
export type RunExpression = (expression: string) => Promise<string | null>

/**
 * Does the work of `Tab.evaluate`: starts it and, when it takes time, asks again and again whether it is done. No protocol
 * does that alone: WebDriver lets all tabs wait for one script, and WebDriver BiDi never says that a page went away.
 */
export async function workIn<A extends unknown[], R>(
  run: RunExpression,
  work: (...args: A) => R | Promise<R>,
  args: A,
): Promise<R> {
  const id = randomUUID()
  let text = await run(startOf(id, `(${work})(...${JSON.stringify(args)})`))
  for (let pauseMs = 1; text === ''; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    await sleep(pauseMs)
    text = await run(answerOf(id))
  }
  if (text === null) throw new Error('the page went away before it was done')
  const { value, error } = JSON.parse(text) as Answer<R>
  if (error) throw Object.assign(new Error(error.message), { name: error.name })
  return value as R
}

/** Starts work. It comes to the answer or, if that is still to come, to an empty text. */
function startOf(id: string, work: string): string {
  return `(() => {
    const answers = (window.answersToTests ??= {})
    const failed = (error) =>
      JSON.stringify({ error: { name: String(error?.name), message: String(error?.message ?? error) } })
    const done = (value) => JSON.stringify({ value })
    try {
      const result = ${work}
      if (typeof result?.then !== 'function') return done(result)
      answers['${id}'] = ''
      void result.then(done).catch(failed).then((answer) => (answers['${id}'] = answer))
      return ''
    } catch (error) {
      return failed(error)
    }
  })()`
}

/** Comes to the answer, to an empty text while there is none, and to `null` in another document than that of the work. */
function answerOf(id: string): string {
  return `(() => {
    const answer = window.answersToTests?.['${id}'] ?? null
    if (answer) delete window.answersToTests['${id}']
    return answer
  })()`
}

/** Empties an input, for somebody to type into it. */
export function clearInput(selector: string): void {
  const input = document.querySelector<HTMLInputElement>(selector)
  if (input) input.value = ''
}
