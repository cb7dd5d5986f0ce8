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

/** Leaves out what has no value (RFC 6749 section 3.1). */
export function withoutEmpty(parameters: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const all = Object.entries(parameters)
  return Object.fromEntries(all.filter((entry): entry is [string, string] => !!entry[1]))
}

/** Adds parameters to the query of an address. */
export function withQuery(address: string, parameters: Readonly<Record<string, string | undefined>>): URL {
  const url = new URL(address)
  for (const [name, value] of Object.entries(withoutEmpty(parameters))) url.searchParams.set(name, value)
  return url
}

/** What asks for a token of this kind (RFC 8707 section 2.2, RFC 6749 section 6). */
export function parametersOf({ resource, scope }: TokenKind): { resource?: readonly string[]; scope?: string } {
  return { ...(resource.length > 0 && { resource }), ...(scope && { scope }) }
}
