import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const source = fileURLToPath(new URL('./src/', import.meta.url))

/**
 * No retries: a test that passes the second time has found a race. Two workers, as CI has two cores and the tests that
 * start processes of their own need one of them.
 */
export default defineConfig({
  resolve: {
    alias: [
      { find: /^evergrant$/, replacement: `${source}index.ts` },
      { find: /^evergrant\/(.+)$/, replacement: `${source}$1.ts` },
    ],
  },
  test: {
    environment: 'node',
    pool: 'forks',
    maxWorkers: 2,
    retry: 0,
    reporters: ['default', 'json', './test/setup/skips-reporter.ts'],
    outputFile: { json: 'reports/vitest.json' },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['**/node_modules/**', 'test/package/**', 'test/types/**', 'test/runtimes/**'],
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'package',
          include: ['test/package/**/*.test.ts'],
          globalSetup: 'test/package/global-setup.ts',
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'types',
          include: ['test/types/**/*.test.ts'],
          globalSetup: 'test/package/global-setup.ts',
          testTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'runtimes',
          include: ['test/runtimes/*.test.ts'],
          globalSetup: ['test/package/global-setup.ts', 'test/runtimes/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
