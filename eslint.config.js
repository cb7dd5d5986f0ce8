import js from '@eslint/js'
import tseslint from 'typescript-eslint'

/** Everything a folder may import from outside itself; the arrows of docs/ARCHITECTURE.md. */
const fences = {
  core: { allow: [], types: [] },
  oauth: { allow: ['core/errors', 'core/environment', 'oauth4webapi'], types: ['core'] },
  stores: { allow: ['core/errors', 'core/environment', 'core/codec', 'idb-keyval', 'node:'], types: ['core'] },
  locks: { allow: ['core/errors', 'core/lock'], types: ['core'] },
  signals: { allow: ['core/errors'], types: ['core'] },
}

const globalsOfTheRuntime = [
  'window', 'document', 'navigator', 'indexedDB', 'localStorage', 'sessionStorage', 'BroadcastChannel', 'crypto',
  'performance', 'Date', 'fetch', 'setTimeout', 'clearTimeout', 'setInterval', 'setImmediate', 'queueMicrotask',
  'process', 'Buffer', 'globalThis', 'console',
].map((name) => ({ name, message: 'core takes it from its Environment' }))

/** Forbids every relative import that leaves the folder, but for what its fence allows. */
function fence(folder, { allow, types }) {
  const allowed = allow.filter((name) => name.startsWith('core/')).map((name) => name.slice('core/'.length))
  const packages = allow.filter((name) => !name.startsWith('core/'))
  const isBare = packages.length > 0 ? `(?!(?:${packages.join('|')}))` : ''
  const patterns = [
    { regex: `^${isBare}[^.]`, message: `${folder} does not depend on this package` },
    { regex: `^\\.\\./(?!core/)`, message: `${folder} imports nothing of its neighbours but core` },
    {
      regex: `^\\.\\./core/(?!(?:${allowed.join('|') || '$'})\\.js$)`,
      allowTypeImports: types.includes('core'),
      message: `${folder} imports types of core, and only ${allowed.join(', ') || 'nothing'} by value`,
    },
  ]
  return {
    files: [`src/${folder}/**/*.ts`],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] },
  }
}

export default tseslint.config(
  { ignores: ['dist', 'reports', '.cache', 'node_modules'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'max-lines': ['error', 300],
      'max-lines-per-function': ['error', { max: 50, skipComments: true, skipBlankLines: true, IIFEs: true }],
      'max-params': ['error', 5],
      'no-restricted-syntax': ['error', { selector: 'ExportDefaultDeclaration', message: 'Use a named export.' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-explicit-any': 'error',
    },
  },
  ...Object.entries(fences).map(([folder, rule]) => fence(folder, rule)),
  {
    files: ['src/core/**/*.ts'],
    ignores: ['src/core/environment.ts'],
    rules: { 'no-restricted-globals': ['error', ...globalsOfTheRuntime] },
  },
  { files: ['*.config.ts', '*.config.js'], rules: { 'no-restricted-syntax': 'off' } },
  { files: ['test/**'], rules: { 'max-lines-per-function': 'off' } },
)
