import { readFile } from 'node:fs/promises'

/** What a page has in its storage. */
export interface Stored {
  readonly localStorage: Readonly<Record<string, string>>
  readonly sessionStorage: Readonly<Record<string, string>>
}

/** What is to stand where `stored.json` has a placeholder. */
export interface Particulars {
  readonly issuer: string
  readonly access_token?: unknown
  readonly refresh_token?: unknown
  readonly id_token?: unknown
  /** When the access token ends, in seconds since 1970. */
  readonly end: number
}

export const particularNames = ['issuer', 'access_token', 'refresh_token', 'id_token', 'end'] as const

/** What each library stores, by its name and version. `record.ts` has written it: it tells how. */
export const recorded = JSON.parse(await readFile(new URL('./stored.json', import.meta.url), 'utf8')) as Readonly<
  Record<string, Stored>
>

/** What a library has stored of a session. */
export function storedBy(library: string, particulars: Particulars): Stored {
  const { localStorage = {}, sessionStorage = {} } = recorded[library] ?? {}
  const filled = (text: string): string =>
    particularNames.reduce((text, name) => text.replaceAll(`<${name}>`, String(particulars[name])), text)
  const fill = (storage: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(Object.entries(storage).map(([key, text]) => [filled(key), filled(text)]))
  return { localStorage: fill(localStorage), sessionStorage: fill(sessionStorage) }
}
