import { EvergrantError } from '../core/errors.js'

/**
 * Refuses further parameters that would take the place of those a flow sets itself.
 *
 * @throws EvergrantError `misconfigured`
 */
export function assertFree(additional: Readonly<Record<string, string>>, ours: readonly string[]): void {
  const taken = ours.find((name) => name in additional)
  if (taken) throw new EvergrantError('misconfigured', `additionalParameters cannot set ${taken}`)
}
