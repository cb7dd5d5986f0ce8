import manifest from '../../package.json' with { type: 'json' }

/** What a program may import, by the names it imports them with: `evergrant`, `evergrant/browser`, ... */
export const entryNames: readonly string[] = Object.keys(manifest.exports)
  .filter((name) => name !== './package.json')
  .map((name) => `evergrant${name.slice(1)}`)

/** The entries that a page may import, which is all but that for Node. */
export const pageEntryNames: readonly string[] = entryNames.filter((name) => name !== 'evergrant/node')
