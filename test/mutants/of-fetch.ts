import type { Mutant } from './mutants.js'

/** Break the rules of what calls to APIs may do with tokens, and of what a sign-out does to them. */
export const mutantsOfFetch: readonly Mutant[] = [
  {
    name: 'the access token is sent to every origin',
    edits: [
      { file: 'core/authorized-fetch.ts', find: 'if (!parts.allowedOrigins.has(origin))', replace: 'if (false)' },
    ],
    caughtBy: { test: 'core/fetch/allowed-origins.test.ts' },
  },
  {
    name: 'a refused call is repeated more than once',
    edits: [
      {
        file: 'core/authorized-fetch.ts',
        find: 'return send(parts, copy, next, isRepeatable)',
        replace:
          'await send(parts, copy.clone(), next, isRepeatable)\n    return send(parts, copy, next, isRepeatable)',
      },
    ],
    caughtBy: { test: 'core/fetch/refused.test.ts' },
  },
  {
    name: 'a call is repeated in the name of another user',
    edits: [{ file: 'core/authorized-fetch.ts', find: ' || next.sessionId !== tokens.sessionId', replace: '' }],
    caughtBy: { test: 'core/fetch/refused.test.ts' },
  },
  {
    name: 'every 401 is taken for a refusal of the token',
    edits: [
      {
        file: 'core/authorized-fetch.ts',
        find: "return error === undefined || error === 'invalid_token'",
        replace: 'return true',
      },
    ],
    caughtBy: { test: 'core/fetch/refused.test.ts' },
  },
  {
    name: 'a body that can be sent only once is sent again',
    edits: [
      {
        file: 'core/authorized-fetch.ts',
        find: 'if (isStream(init?.body)) return undefined',
        replace: '',
      },
    ],
    caughtBy: { test: 'core/fetch/bodies.test.ts' },
  },
  {
    name: 'an event holds the token that a challenge quotes',
    edits: [
      {
        file: 'core/authorized-fetch.ts',
        find: "header.replaceAll(accessToken, '[secret]')",
        replace: 'header',
      },
    ],
    caughtBy: { test: 'core/fetch/challenge-events.test.ts' },
  },
  {
    name: 'a revocation that failed is not tried again',
    edits: [
      {
        file: 'core/revocation.ts',
        find: 'if (mayPass && environment.monotonic() <= giveUpAt) {',
        replace: 'if (false) {',
      },
    ],
    caughtBy: { test: 'core/revocation/requests.test.ts' },
  },
  {
    name: 'a revocation that failed is tried again although the same user has signed in',
    edits: [
      {
        file: 'core/revocation.ts',
        find: 'if (!isOtherUser(record, current)) this.#pending.delete(token)',
        replace: 'void [token, record, current]',
      },
    ],
    caughtBy: { test: 'core/revocation/requests.test.ts' },
  },
  {
    name: 'a late answer is dropped without being revoked',
    edits: [{ file: 'core/outcome.ts', find: ') parts.discard(record)', replace: ') return' }],
    caughtBy: { test: 'core/revocation/late-answers.test.ts' },
  },
  {
    name: 'a late answer is revoked whoever has signed in',
    edits: [{ file: 'core/revocation.ts', find: ' && isOtherUser(record, current)', replace: '' }],
    caughtBy: { test: 'core/revocation/late-answers.test.ts' },
  },
  {
    name: 'a sign-out waits for as long as the server takes',
    edits: [{ file: 'core/revocation.ts', find: 'const firstAttemptMs = 5000', replace: 'const firstAttemptMs = 1e9' }],
    caughtBy: { test: 'core/revocation/sign-out.test.ts' },
  },
  {
    name: 'a call is repeated with what its caller has made of the arguments since',
    edits: [
      {
        file: 'core/authorized-fetch.ts',
        find: 'const copy = copyOf(request, input, init)\n    const tokens = await getTokens()',
        replace: 'const tokens = await getTokens()\n    const copy = copyOf(request, input, init)',
      },
    ],
    caughtBy: { test: 'core/fetch/bodies.test.ts' },
  },
  {
    name: 'a refusal of another origin, which was not shown the token, renews it',
    edits: [
      {
        file: 'core/authorized-fetch.ts',
        find: 'response.status !== 401 || isForeign(response, request)',
        replace: 'response.status !== 401',
      },
    ],
    caughtBy: { test: 'core/fetch/refused.test.ts' },
  },
  {
    name: 'a demand of another origin is told as one of the API',
    edits: [
      { file: 'core/authorized-fetch.ts', find: 'response.ok || isForeign(response, request)', replace: 'response.ok' },
    ],
    caughtBy: { test: 'core/fetch/challenge-events.test.ts' },
  },
  {
    name: 'what an API has done before it redirected is asked for twice',
    edits: [
      {
        file: 'core/authorized-fetch.ts',
        find: 'if (!copy || hasActed(request, response)) return response',
        replace: 'if (!copy) return response',
      },
    ],
    caughtBy: { test: 'core/fetch/refused.test.ts' },
  },
]
