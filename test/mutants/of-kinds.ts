import type { Mutant } from './mutants.js'

/** Break the rules of tokens for several resources and scopes, of proofs, and of the end that a server has told of. */
export const mutantsOfKinds: readonly Mutant[] = [
  {
    name: 'an MCP session is renewed for another spelling of its resource',
    edits: [
      {
        file: 'mcp/auth-provider.ts',
        find: "const resource = searchParams.get('resource') ?? undefined",
        replace: 'const resource = discovery?.resourceMetadata?.resource',
      },
    ],
    caughtBy: { test: 'mcp/session.test.ts' },
  },
  {
    name: 'an MCP session of an older version is renewed for no resource',
    edits: [
      { file: 'mcp/session.ts', find: 'resource = discovery.resourceMetadata?.resource }', replace: 'resource }' },
    ],
    caughtBy: { test: 'mcp/session.test.ts' },
  },
  {
    name: 'a renewal for another kind of token is taken for one’s own',
    edits: [
      {
        file: 'core/flight.ts',
        find: 'return this.#kind === kind ? this.#current : this.settled()',
        replace: 'return this.#current',
      },
    ],
    caughtBy: { test: 'core/token-kinds.test.ts' },
  },
  {
    name: 'a resource that the server refuses holds up all other tokens',
    edits: [
      {
        file: 'core/flight.ts',
        find: 'if (this.#kind !== defaultTokenKey && !isPassing(error))',
        replace: 'if (false)',
      },
    ],
    caughtBy: { test: 'core/token-kinds.test.ts' },
  },
  {
    name: 'a resource that the server refuses makes everybody wait',
    edits: [
      {
        file: 'core/outcome.ts',
        find: 'const isOfItsKind = turn.need.kind.key !== defaultTokenKey && !isPassing(failure)',
        replace: 'const isOfItsKind = false',
      },
    ],
    caughtBy: { test: 'core/token-kinds.test.ts' },
  },
  {
    name: 'the answer about one resource is taken for the whole session',
    edits: [{ file: 'core/outcome.ts', find: '...(key === defaultTokenKey && {', replace: '...(true && {' }],
    caughtBy: { test: 'core/token-kinds.test.ts' },
  },
  {
    name: 'a renewal proves no key',
    edits: [
      {
        file: 'oauth/refresh-token.ts',
        find: "client.post('token_endpoint', form, sending, proofKey)",
        replace: "client.post('token_endpoint', form, sending)",
      },
    ],
    caughtBy: { test: 'core/proofs.test.ts' },
  },
  {
    name: 'a token that is bound to no key is used all the same',
    edits: [
      {
        file: 'core/outcome.ts',
        find: 'return isFine ? answer : { ...answer, accessToken: undefined }',
        replace: 'return answer',
      },
    ],
    caughtBy: { test: 'core/proofs.test.ts' },
  },
  {
    name: 'a demand for a nonce is met for ever',
    edits: [{ file: 'oauth/dpop.ts', find: 'return attempt()', replace: 'return this.prove(request, send)' }],
    caughtBy: { test: 'oauth/dpop.test.ts' },
  },
  {
    name: 'an API whose nonce has changed costs a renewal',
    edits: [
      {
        file: 'oauth/dpop.ts',
        find: "if (isHidden && nonce !== null && nonce !== sent.nonce) return 'use_dpop_nonce'",
        replace: '',
      },
    ],
    caughtBy: { test: 'core/proofs.test.ts' },
  },
  {
    name: 'a refresh token is sent again because its refusal brings a nonce',
    edits: [{ file: 'oauth/dpop.ts', find: 'const error = isApi ?', replace: 'const error = true ?' }],
    caughtBy: { test: 'oauth/dpop.test.ts' },
  },
  {
    name: 'the body of an API is read before its reader has it',
    edits: [{ file: 'oauth/dpop.ts', find: 'const error = isApi ?', replace: 'const error = false ?' }],
    caughtBy: { test: 'oauth/dpop.test.ts' },
  },
  {
    name: 'what has come out of a cache tells the time',
    edits: [{ file: 'oauth/dpop.ts', find: 'if (isRefusal(response.status) && serverTime', replace: 'if (serverTime' }],
    caughtBy: { test: 'oauth/dpop.test.ts' },
  },
  {
    name: 'a nonce is sent to every server',
    edits: [{ file: 'oauth/dpop.ts', find: 'const { origin } = new URL(request.url)', replace: "const origin = ''" }],
    caughtBy: { test: 'oauth/dpop.test.ts' },
  },
  {
    name: 'a proof names no access token',
    edits: [
      {
        file: 'oauth/dpop.ts',
        find: 'ath: accessToken && base64Url(await sha256(accessToken)),',
        replace: 'ath: undefined,',
      },
    ],
    caughtBy: { test: 'oauth/dpop.test.ts' },
  },
  {
    name: 'listeners are told at each renewal that the session ends',
    edits: [
      {
        file: 'core/horizon.ts',
        find: 'if (Math.abs(endsAt - this.#toldOf) < sameMs) return Infinity',
        replace: '',
      },
    ],
    caughtBy: { test: 'core/horizon.test.ts' },
  },
  {
    name: 'what was said of one refresh token is believed of the next',
    edits: [
      {
        file: 'core/outcome.ts',
        find: 'lasting: answer.lasting ?? (answer.refreshToken ? undefined : record.lasting),',
        replace: 'lasting: answer.lasting ?? record.lasting,',
      },
    ],
    caughtBy: { test: 'core/horizon.test.ts' },
  },
  {
    name: 'tokens kept elsewhere take the place of a session',
    edits: [
      {
        file: 'core/sign-in-out.ts',
        find: "if (stored?.state === 'live' && !isOver(stored)) return undefined",
        replace: '',
      },
    ],
    caughtBy: { test: 'core/unless-signed-in.test.ts' },
  },
  {
    name: 'Redis forgets a session that is encrypted',
    edits: [
      {
        file: 'stores/redis.ts',
        find: "record?.state === 'ended' ||",
        replace: "record?.state === 'sealed' || record?.state === 'ended' ||",
      },
    ],
    caughtBy: { test: 'stores/redis-options.test.ts' },
  },
  {
    name: 'one refresh token of auth0-spa-js becomes two sessions',
    edits: [
      { file: 'migration/auth0-spa-js.ts', find: 'keys.includes(key) || isShared(key)', replace: 'keys.includes(key)' },
    ],
    caughtBy: { test: 'migration/auth0-spa-js.test.ts' },
  },
  {
    name: 'a page of a balancer ends the sign-in of a device',
    edits: [
      { file: 'flows/device.ts', find: ' || (isWordless(failure) && ++this.#strange < mostWordless)', replace: '' },
    ],
    caughtBy: { test: 'flows/device-balancer.test.ts' },
  },
  {
    name: 'a page of a balancer ends a revocation that has failed often before',
    edits: [{ file: 'core/revocation.ts', find: '++strange < mostWordless', replace: 'false' }],
    caughtBy: { test: 'core/revocation/requests.test.ts' },
  },
  {
    name: 'a token that is dead already is trouble at sign-out',
    edits: [{ file: 'oauth/revocation.ts', find: "failure.error !== 'invalid_token'", replace: 'true' }],
    caughtBy: { test: 'core/revocation/requests.test.ts' },
  },
  {
    name: 'a client that is refused in words of the server’s own is not asked for another secret',
    edits: [
      {
        file: 'oauth/client.ts',
        find: 'exchange(sendTo, server, endpoint, now, { mapResponse, mapError })',
        replace: 'exchange(sendTo, server, endpoint, now)',
      },
    ],
    caughtBy: { test: 'oauth/refused-in-other-words.test.ts' },
  },
  {
    name: 'an answer with tokens is looked through for a refusal of the client',
    edits: [
      {
        file: 'oauth/answer.ts',
        find: 'if (response.ok && hasTokens(understand(mapResponse, body, response))) return undefined',
        replace: '',
      },
    ],
    caughtBy: { test: 'oauth/refused-in-other-words.test.ts' },
  },
  {
    name: 'users whom Auth0 denies access are taken for a wrong secret',
    edits: [
      {
        file: 'presets/auth0.ts',
        find: "status === 401 && error === 'access_denied' && says(error_description, 'Unauthorized')",
        replace: "error === 'access_denied'",
      },
    ],
    caughtBy: { test: 'oauth/refused-in-other-words.test.ts' },
  },
  {
    name: 'a client of Keycloak that may not use a grant is taken for one with a wrong secret',
    edits: [{ file: 'presets/keycloak.ts', find: 'status === 401 && error', replace: 'error' }],
    caughtBy: { test: 'oauth/refused-in-other-words.test.ts' },
  },
  {
    name: 'an assertion is for the pattern of many servers',
    edits: [{ file: 'oauth/client-assertion.ts', find: "if (!/[{}]/.test(named ?? ''))", replace: 'if (true)' }],
    caughtBy: { test: 'oauth/client-assertion.test.ts' },
  },
  {
    name: 'an assertion does not say by which certificate its key is known',
    edits: [
      {
        file: 'oauth/client-assertion.ts',
        find: "...(alg && { alg }), x5t, 'x5t#S256': sha256 }",
        replace: '...(alg && { alg }) }',
      },
    ],
    caughtBy: { test: 'oauth/client-assertion.test.ts' },
  },
  {
    name: 'the server of tests grants any scope at a renewal',
    edits: [{ file: 'testing/token-endpoint.ts', find: 'if (isMore) return', replace: 'if (false) return' }],
    caughtBy: { test: 'testing/less-scope.test.ts' },
  },
  {
    name: 'the server of tests grants all to who asks for less',
    edits: [
      {
        file: 'testing/token-endpoint.ts',
        find: 'this.tokens.issue(redeemed, now, { scope })',
        replace: 'this.tokens.issue(redeemed, now)',
      },
    ],
    caughtBy: { test: 'testing/less-scope.test.ts' },
  },
]
