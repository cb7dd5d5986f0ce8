import { describe, expect, test } from 'vitest'
import { readChallenges } from '../../src/core/challenge.js'

/** The challenges of a header, each as its scheme and its parameters. */
function read(header: string | null): [string, Record<string, string>][] {
  return readChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])
}

describe('P-137 the challenges of a header', () => {
  test.each<[string, string | null, ReturnType<typeof read>]>([
    ['no header', null, []],
    ['a scheme alone', 'Bearer', [['bearer', {}]]],
    ['a parameter', 'Bearer realm="api"', [['bearer', { realm: 'api' }]]],
    ['a parameter without quotes', 'Bearer error=invalid_token', [['bearer', { error: 'invalid_token' }]]],
    ['an empty parameter', 'Bearer realm=""', [['bearer', { realm: '' }]]],
    ['spaces around the sign', 'Bearer error = "a" ,\tscope= b', [['bearer', { error: 'a', scope: 'b' }]]],
    ['no commas', 'Bearer error="a" scope="b"', [['bearer', { error: 'a', scope: 'b' }]]],
    ['stray commas', ', Bearer error="a",, scope="b",', [['bearer', { error: 'a', scope: 'b' }]]],
    ['names in any case', 'BEARER Error="A"', [['bearer', { error: 'A' }]]],
    ['quoted signs', 'Bearer realm="say \\"hi\\" \\\\ bye"', [['bearer', { realm: 'say "hi" \\ bye' }]]],
    ['commas within quotes', 'Bearer realm="a, Basic realm=b"', [['bearer', { realm: 'a, Basic realm=b' }]]],
    ['the last of two', 'Bearer error="a", error="b"', [['bearer', { error: 'b' }]]],
    [
      'several schemes',
      'Basic realm="x", charset="UTF-8", Bearer error="invalid_token", DPoP algs="ES256 RS256"',
      [
        ['basic', { realm: 'x', charset: 'UTF-8' }],
        ['bearer', { error: 'invalid_token' }],
        ['dpop', { algs: 'ES256 RS256' }],
      ],
    ],
    [
      'one scheme twice',
      'Bearer realm="a", Bearer realm="b"',
      [
        ['bearer', { realm: 'a' }],
        ['bearer', { realm: 'b' }],
      ],
    ],
    [
      'schemes alone',
      'Negotiate, Bearer',
      [
        ['negotiate', {}],
        ['bearer', {}],
      ],
    ],
  ])('are read from %s', (_kind, header, challenges) => {
    expect(read(header)).toEqual(challenges)
  })

  test.each([
    ['what a scheme of other syntax sends', 'Negotiate YIIZ+/abc==, Bearer error="invalid_token"'],
    ['a quote that never ends', 'Bearer error="invalid_token", error_description="the token'],
    ['a quote alone', 'Bearer "what", error="invalid_token"'],
    ['signs that belong nowhere', '@ Bearer; error="invalid_token" ()'],
  ])('are read despite %s', (_kind, header) => {
    const bearer = read(header).find(([scheme]) => scheme === 'bearer')
    expect(bearer?.[1]).toMatchObject({ error: 'invalid_token' })
  })

  test('are none where a parameter has no scheme', () => {
    expect(read('error="invalid_token"')).toEqual([])
  })

  test('may be called like members of any object', () => {
    expect(read('constructor __proto__="a"')[0]?.[0]).toBe('constructor')
    expect(readChallenges('Bearer realm="a"')[0]?.parameters.get('constructor')).toBeUndefined()
  })
})
