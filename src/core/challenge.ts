/** A demand of a server, from its `WWW-Authenticate` header (RFC 9110 section 11.6.1). */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string
  /** By their names in lower case. */
  readonly parameters: ReadonlyMap<string, string>
}

/** A parameter with its value, or a word alone, which names a scheme. */
const part = /([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s,"]+)))?|"(?:\\.|[^"\\])*"?/g

/** Reads all challenges of a header. What does not have the right form is passed over. */
export function readChallenges(header: string | null): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  for (const [, name, quoted, plain] of (header ?? '').matchAll(part)) {
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain
    if (name === undefined) continue
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: new Map() })
    else challenges.at(-1)?.parameters.set(name.toLowerCase(), value)
  }
  return challenges
}
