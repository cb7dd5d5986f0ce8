import { defineConfig } from 'tsup'

/** One build with shared chunks, so that all entries share one error class. */
export default defineConfig({
  entry: ['src/index.ts', 'src/browser.ts', 'src/node.ts', 'src/testing.ts'],
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  external: [/^node:/],
  splitting: true,
  dts: true,
  clean: true,
  treeshake: true,
})
