import { EvergrantError } from '../core/errors.js'
import type { Form } from '../core/client.js'
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

/** The names and values of parameters, without what has no value (RFC 6749 section 3.1). */
export function pairsOf(form: Form): [name: string, value: string][] {
  const pairs = Object.entries(form).flatMap(([name, values]) => [values].flat().map((value) => [name, value] as const))
  return pairs.filter((pair): pair is [string, string] => !!pair[1])
}

/** Adds parameters to the query of an address. */
export function withQuery(address: string, parameters: Readonly<Record<string, string | undefined>>): URL {
  const url = new URL(address)
  for (const [name, value] of pairsOf(parameters)) url.searchParams.set(name, value)
  return url
}

/** What asks for a token of this kind (RFC 8707 section 2.2, RFC 6749 section 6). */
export function parametersOf({ resource, scope }: TokenKind): { resource?: readonly string[]; scope?: string } {
  return { ...(resource.length > 0 && { resource }), ...(scope && { scope }) }
}
