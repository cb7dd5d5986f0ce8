import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { EvergrantError, isEvergrantError } from '../../src/core/errors.js'

test('an error that wraps one of ours, as axios makes it, is not taken for it', () => {
  const error = new EvergrantError('login_required', 'nobody is signed in')
  const wrapped = Object.assign(new Error(error.message, { cause: error }), { name: error.name, code: error.code })
  expect([error, wrapped, wrapped.cause].map(isEvergrantError)).toEqual([true, false, true])
})

test('an error of another realm is known, as that of a frame', () => {
  const foreign: unknown = runInNewContext(`
    class EvergrantError extends Error {
      name = 'EvergrantError'
      get loginRequired() { return true }
    }
    new EvergrantError('nobody is signed in')
  `)
  expect(foreign).not.toBeInstanceOf(Error)
  expect([foreign, undefined, null, 'EvergrantError', new Error('other')].map(isEvergrantError)).toEqual([
    true,
    ...[false, false, false, false],
  ])
})
