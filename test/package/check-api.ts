// Compares the public surface of each entry with its committed report, so that every change of it shows in review:
//   npm run check:api               fails when they differ
//   npm run check:api -- --accept   writes the reports anew
import { Extractor, ExtractorConfig, ExtractorLogLevel, type ExtractorMessage } from '@microsoft/api-extractor'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { entryNames } from './entries.js'
import { installPackage, repository, type InstalledPackage } from './installed-package.js'

const reports = path.join(repository, 'docs/api')
const isAccepting = process.argv.includes('--accept')

const compilerOptions = {
  target: 'es2022',
  module: 'nodenext',
  lib: ['es2022', 'dom', 'esnext.disposable'],
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
}

/**
 * Writes the report of one entry, and returns the names of types that its signatures use but that it does not export.
 * Everything else that the tool may have to say is a matter of taste.
 */
function extract({ source }: InstalledPackage, name: string, target: string): string[] {
  const entry = name === 'evergrant' ? 'index' : name.slice('evergrant/'.length)
  const hidden: string[] = []
  const mainEntryPointFilePath = path.join(source, `dist/${entry}.d.ts`)
  const none = { default: { logLevel: ExtractorLogLevel.None } }
  const config = ExtractorConfig.prepare({
    packageJsonFullPath: path.join(source, 'package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: source,
      mainEntryPointFilePath,
      newlineKind: 'lf',
      compiler: { overrideTsconfig: { compilerOptions, files: [mainEntryPointFilePath] } },
      apiReport: {
        enabled: true,
        reportFileName: reportName(name),
        reportFolder: target,
        reportTempFolder: path.join(target, 'temporary'),
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: { ...none, 'ae-forgotten-export': { logLevel: ExtractorLogLevel.Error } },
        tsdocMessageReporting: none,
      },
    },
  })
  Extractor.invoke(config, {
    localBuild: true,
    typescriptCompilerFolder: path.join(repository, 'node_modules/typescript'),
    messageCallback: (message: ExtractorMessage) => {
      message.handled = true
      if (message.logLevel !== ExtractorLogLevel.Error) return
      const symbol = /^The symbol "(.+)" needs to be exported/.exec(message.text)?.[1]
      if (symbol === undefined) throw new Error(`${name}: ${message.text}`)
      hidden.push(symbol)
    },
  })
  return hidden
}

/** The names that a report shows as exported. */
function exportedNames(report: string): string[] {
  return [...report.matchAll(/^export (?:\{ (\w+) \}|(?:abstract )?\w+ (\w+))/gm)].map(
    ([, one, two]) => one ?? two ?? '',
  )
}

function reportName(name: string): string {
  return `${name.replace('/', '-')}.api.md`
}

/** What has changed, as lines that were taken out and put in. */
function difference(before: string, after: string): string {
  const [old, now] = [before.split('\n'), after.split('\n')]
  const out = old.filter((line) => !now.includes(line)).map((line) => `  - ${line}`)
  const put = now.filter((line) => !old.includes(line)).map((line) => `  + ${line}`)
  return [...out, ...put].join('\n') || '  the same lines in another order'
}

/** Whether a report is as committed; says what is not. */
async function isAsCommitted(name: string, report: string): Promise<boolean> {
  const file = path.join(reports, reportName(name))
  const committed = await readFile(file, 'utf8').catch(() => '')
  if (isAccepting) await writeFile(file, report)
  if (isAccepting || committed === report) return true
  console.log(`FAILED ${name}: its surface has changed\n${difference(committed, report)}`)
  console.log('If it is meant: npm run check:api -- --accept, and commit docs/api with the change.')
  return false
}

/** Whether somebody who uses an entry can name all types that it speaks of; says which not. */
function isWholeSurface(name: string, hidden: string[], exported: string[]): boolean {
  const missing = hidden.filter((symbol) => !exported.includes(symbol))
  if (missing.length > 0)
    console.log(`FAILED ${name}: exported nowhere, though its types name it: ${missing.join(', ')}`)
  return missing.length === 0
}

const target = await mkdtemp(path.join(tmpdir(), 'evergrant-api-'))
try {
  const installed = await installPackage()
  await mkdir(reports, { recursive: true })
  // What an entry does not export itself may be imported from `evergrant`.
  let exported: string[] = []
  const verdicts: boolean[] = []
  for (const name of entryNames) {
    const hidden = extract(installed, name, target)
    const report = await readFile(path.join(target, reportName(name)), 'utf8')
    if (name === 'evergrant') exported = exportedNames(report)
    verdicts.push(await isAsCommitted(name, report), isWholeSurface(name, hidden, exported))
  }
  const known = entryNames.map(reportName)
  for (const file of await readdir(reports)) {
    if (known.includes(file)) continue
    console.log(`FAILED docs/api/${file} is about no entry`)
    verdicts.push(false)
  }
  if (verdicts.includes(false)) process.exitCode = 1
  else console.log(`ok     ${known.map((file) => `docs/api/${file}`).join(', ')}`)
} finally {
  await rm(target, { recursive: true, force: true })
}
