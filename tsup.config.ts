import { defineConfig } from 'tsup'

/**
 * File by file, as in `src`: every module keeps its name in stack traces and in the file list of the package, all entries
 * share one copy of each (so `instanceof` holds), and bundlers leave out what a program does not import.
 * The declarations come from `tsc -p src`.
 */
export default defineConfig({
  entry: ['src/**/*.ts'],
  bundle: false,
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  clean: true,
})
