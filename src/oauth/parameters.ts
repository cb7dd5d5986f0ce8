import { EvergrantError } from '../core/errors.js'
import type { TokenKind } from '../core/token-kind.js'

/**
 * Refuses further parameters that would take the place of those a flow sets itself.
 *
 * @throws EvergrantError `misconfigured`
 */
export function assertFree(additional: Readonly<Record<string, string>>, ours: readonly string[]): void {
  const taken = ours.find((name) => name in additional)
  if (taken) throw new EvergrantError('misconfigured', `additionalParameters cannot set ${taken}`)
}

/** What asks for a token of this kind (RFC 8707 section 2.2, RFC 6749 section 6). */
export function parametersOf({ resource, scope }: TokenKind): { resource?: readonly string[]; scope?: string } {
  return { ...(resource.length > 0 && { resource }), ...(scope && { scope }) }
}
