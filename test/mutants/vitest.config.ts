import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vitest/config'
import base from '../../vitest.config.js'
import { mutants } from './mutants.js'
import { mutated } from './mutate.js'

const mutant = mutants.find(({ name }) => name === process.env.EVERGRANT_MUTANT)
if (!mutant) throw new Error('EVERGRANT_MUTANT must hold the name of a mutant')

const plugin: Plugin = {
  name: 'mutant',
  enforce: 'pre',
  transform: (code, id) => mutated(mutant, id.replace(/\?.*$/, ''), code),
}

/** Runs tests on the code of one mutant. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  plugins: [plugin],
  resolve: base.resolve ?? {},
  test: { include: ['test/**/*.test.ts'], bail: 1, retry: 0, testTimeout: 20_000, reporters: ['json'] },
})
