import js from '@eslint/js'
import tseslint from 'typescript-eslint'

/**
 * The arrows between the folders of `src`, as docs/ARCHITECTURE.md draws them; test/package/fences.test.ts proves each.
 *
 * - `values`: modules outside the folder that may be imported by value. Their types, and all types of `core`, may be too.
 * - `packages`: what else may be imported, by its name or the start of it.
 * - `siblings`: what of its own folder it may import; everything unless it says so.
 */
const fences = [
  { files: 'src/core/**', values: [] },
  {
    files: 'src/oauth/**',
    values: ['core/errors', 'core/environment', 'core/challenge', 'core/shape'],
    packages: ['oauth4webapi'],
  },
  { files: 'src/flows/**', values: ['core/.*', 'oauth/.*'] },
  { files: 'src/stores/*', ...store() },
  { files: 'src/stores/indexed-db*', ...store('indexed-db', 'idb-keyval') },
  { files: 'src/stores/file*', ...store('file', 'node:') },
  { files: 'src/stores/redis*', ...store('redis') },
  { files: 'src/stores/postgres*', ...store('postgres') },
  { files: 'src/locks/*', values: ['core/errors', 'core/lock'] },
  { files: 'src/signals/*', values: ['core/errors'] },
  { files: 'src/signals/diagnostics-channel', values: [], packages: ['node:diagnostics_channel'] },
  {
    files: 'src/mcp/**',
    values: ['core/.*', 'oauth/.*', 'flows/pending', 'stores/memory', 'create-token-manager'],
  },
  { files: 'src/presets/**', values: ['core/errors'] },
  { files: 'src/migration/**', values: ['core/errors', 'core/environment', 'core/shape'] },
  { files: 'src/timeline/**', values: [] },
  { files: 'src/testing/**', values: ['core/errors', 'core/environment', 'core/codec'] },
  { files: 'src/*', values: ['.*'] },
]

/** A store needs nothing of another store, so that each can be left out of a bundle. It may consist of several files. */
function store(name, ...packages) {
  const siblings = name ? `${name}[\\w-]*` : '$'
  return { values: ['core/errors', 'core/environment', 'core/codec'], packages, siblings }
}

function fence({ files, values, packages = [], siblings }) {
  const anyOf = (names) => (names.length > 0 ? `(?:${names.join('|')})` : '$')
  const allowed = `(?!${anyOf(values)}\\.js$)`
  // A pattern that lets types pass outweighs all others that fit the same import, so it speaks of core alone.
  const patterns = [
    { regex: `^(?!${anyOf(packages)})[^.]`, message: 'This folder does not depend on that package.' },
    { regex: `^\\.\\./(?!core/)${allowed}`, message: 'This folder does not import that neighbour.' },
    {
      regex: `^\\.\\./(?=core/)${allowed}`,
      allowTypeImports: true,
      message: 'Of that module only types are imported here.',
    },
  ]
  if (siblings) patterns.push({ regex: `^\\./(?!${siblings}\\.js$)`, message: 'A store needs no other store.' })
  return { files: [`${files}.ts`], rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] } }
}

const fromTheEnvironment = 'Take it from the Environment: tests replace time, chance, timers and the network there.'
const timeAndNetwork = ['Date', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch']
const ofOneRuntime = [
  ...['window', 'self', 'document', 'location', 'history', 'navigator', 'indexedDB', 'localStorage', 'sessionStorage'],
  ...['BroadcastChannel', 'MessageChannel', 'Worker', 'WebSocket', 'XMLHttpRequest', 'EventSource', 'caches'],
  ...['addEventListener', 'removeEventListener', 'requestIdleCallback', 'requestAnimationFrame', 'postMessage'],
  ...['clearTimeout', 'clearInterval', 'crypto', 'process', 'Buffer', 'global', 'globalThis', 'console'],
]
const hiddenTimeAndChance = [
  { object: 'Math', property: 'random', message: fromTheEnvironment },
  { object: 'Date', property: 'now', message: fromTheEnvironment },
  { object: 'AbortSignal', property: 'timeout', message: fromTheEnvironment },
]

/** What is no import declaration would slip past the fences. */
const namedOnly = [
  { selector: 'ExportDefaultDeclaration', message: 'Use a named export.' },
  { selector: 'ExportAllDeclaration', message: 'Name what is exported.' },
]
const hiddenImports = [
  { selector: 'ImportExpression', message: 'Import at the top, where the fences see it.' },
  { selector: 'TSImportType', message: 'Import at the top, where the fences see it.' },
  { selector: 'TSImportEqualsDeclaration', message: 'Import at the top, where the fences see it.' },
]
const hiddenClock = { selector: 'NewExpression[callee.name="Date"][arguments.length=0]', message: fromTheEnvironment }
const logic = [
  ...['IfStatement', 'SwitchStatement', 'ConditionalExpression', 'LogicalExpression', 'ClassDeclaration'],
  ...['ForStatement', 'ForOfStatement', 'ForInStatement', 'WhileStatement', 'DoWhileStatement', 'TryStatement'],
  ...['ThrowStatement', 'AwaitExpression', 'VariableDeclaration', 'AssignmentExpression', 'NewExpression'],
].map((selector) => ({ selector, message: 'An entry point joins the parts and contains no logic.' }))

export default tseslint.config(
  { ignores: ['dist', 'reports', '.cache', '**/node_modules'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'max-lines': ['error', 300],
      'max-lines-per-function': ['error', { max: 50, skipComments: true, skipBlankLines: true, IIFEs: true }],
      'max-params': ['error', 5],
      'no-restricted-syntax': ['error', ...namedOnly],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-explicit-any': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-restricted-syntax': ['error', ...namedOnly, ...hiddenImports, hiddenClock],
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: true }],
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  ...fences.map(fence),
  {
    files: ['src/*.ts'],
    ignores: ['src/create-token-*.ts'],
    rules: { 'no-restricted-syntax': ['error', ...namedOnly, ...hiddenImports, ...logic] },
  },
  {
    files: ['src/core/**/*.ts'],
    ignores: ['src/core/environment.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...[...timeAndNetwork, ...ofOneRuntime].map((name) => ({ name, message: fromTheEnvironment })),
      ],
      'no-restricted-properties': ['error', ...hiddenTimeAndChance],
    },
  },
  {
    files: ['src/{oauth,flows,locks,migration,signals,testing}/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        ...timeAndNetwork.filter((name) => name !== 'Date').map((name) => ({ name, message: fromTheEnvironment })),
      ],
      'no-restricted-properties': ['error', ...hiddenTimeAndChance],
    },
  },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: { globals: { console: 'readonly', process: 'readonly', URL: 'readonly' } },
  },
  {
    files: ['**/*.config.{ts,js}', 'test/setup/*-reporter.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
  { files: ['test/**'], rules: { 'max-lines-per-function': 'off' } },
  // Programs that are checked and never run have names for types alone.
  { files: ['test/types/programs/**'], rules: { '@typescript-eslint/no-unused-vars': 'off' } },
)
