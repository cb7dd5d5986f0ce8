import { respond } from './responses.js'

/** An answer of the token endpoint before it leaves. */
export interface TokenAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
}

/** Says in the words of one server what the standard says in others. */
export type Dialect = (answer: TokenAnswer, form: URLSearchParams) => TokenAnswer

/** Puts an answer into a dialect. */
export async function inDialect(dialect: Dialect, response: Response, form: URLSearchParams): Promise<Response> {
  const text = await response.text()
  const headers = Object.fromEntries(response.headers)
  const body = JSON.parse(text) as TokenAnswer['body']
  const answer = dialect({ status: response.status, headers, body }, form)
  return respond(answer.status, answer.headers ?? {}, answer.body)
}
