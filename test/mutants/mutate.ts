import type { Plugin } from 'esbuild'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Mutant } from './mutants.js'

/** The folder whose files mutants edit. */
export const source: string = fileURLToPath(new URL('../../src/', import.meta.url))

/** The text of a file with the edits of a mutant made; an edit whose place is not there, or not the only one, fails. */
export function mutated(mutant: Mutant, file: string, text: string): string {
  const edits = mutant.edits.filter((edit) => path.join(source, edit.file) === file)
  return edits.reduce((changed, { find, replace }) => {
    const [before, after, ...more] = changed.split(find)
    if (before === undefined || after === undefined || more.length > 0) {
      throw new Error(`mutant "${mutant.name}": its place in ${file} occurs ${changed.split(find).length - 1} times`)
    }
    return before + replace + after
  }, text)
}

/** Makes the edits of a mutant while esbuild bundles. */
export function mutantPlugin(mutant: Mutant): Plugin {
  return {
    name: 'mutant',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, async ({ path: file }) => {
        if (!file.startsWith(source)) return undefined
        return { contents: mutated(mutant, file, await readFile(file, 'utf8')), loader: 'ts' }
      })
    },
  }
}
