import { expect, test } from 'vitest'
import { EvergrantError, isEvergrantError } from '../../src/core/errors.js'

test('an error that wraps one of ours, as axios makes it, is not taken for it', () => {
  const error = new EvergrantError('login_required', 'nobody is signed in')
  const wrapped = Object.assign(new Error(error.message, { cause: error }), { name: error.name, code: error.code })
  expect([error, wrapped, wrapped.cause].map(isEvergrantError)).toEqual([true, false, true])
})
