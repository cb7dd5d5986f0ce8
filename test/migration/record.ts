// Signs in with each library whose sessions are taken over, looks at what it has stored, takes it over and renews it:
//   node test/setup/run.mjs test/migration/record.ts [--accept]
// The libraries are the real ones, in Chromium, at the test server. Whether they store what stored.json says, with which the
// tests work, is checked; --accept writes it.
import { execFileSync } from 'node:child_process'
import { cp, writeFile } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import { seen } from '../flows/visitor.js'
import type { Tab } from '../support/engines/engine.js'
import { launchEngine } from '../support/engines/launch.js'
import { oldApplications, type OldApplication } from './old-applications.js'
import { librariesFolder, serveOldClients, servePrograms, type OldServer } from './old-servers.js'
import { particularNames, recorded, type Stored } from './stored.js'

// Where the linter, the type checker and the test runner do not come upon 130 MB of other people's code.
await cp(new URL('./libraries/', import.meta.url), librariesFolder, { recursive: true })
execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: librariesFolder, timeout: 300_000 })

const found: Record<string, Stored> = {}
const engine = await launchEngine('chromium')
try {
  for (const application of oldApplications) found[application.name] = await record(application)
} finally {
  await engine.close()
}
if (process.argv.includes('--accept')) {
  await writeFile(new URL('./stored.json', import.meta.url), `${JSON.stringify(found, undefined, 2)}\n`)
} else if (!isDeepStrictEqual(shapeOf(found), shapeOf(recorded))) {
  console.error('They do not store what stored.json says. See what has changed, and record it with --accept.')
  process.exitCode = 1
}

/** Lets an old application sign in, and a new one take over. Resolves to what lay between the two. */
async function record({ name, program }: OldApplication): Promise<Stored> {
  const server = await serveOldClients()
  const pages = await servePrograms(program(server.issuer))
  const tab = await engine.openTab(`${pages.url}old`)
  try {
    await seen(() => tab.evaluate(() => 'isSignedIn' in window || undefined), `the user of ${name}`)
    const stored = withPlaceholders(await storageOf(tab), server)
    await tab.goto(`${pages.url}new?issuer=${encodeURIComponent(server.issuer)}`)
    const outcome = await tab.evaluate((name) => window.newApplication.adopt(name), name)
    const { sub } = await tab.evaluate(async () => (await window.newApplication.tokens.renew()).identity ?? { sub: '' })
    const renewals = server.redemptions.map(({ outcome }) => outcome)
    const left = Object.values(await storageOf(tab)).flatMap((storage) => Object.keys(storage))
    console.log(
      `${name}: ${outcome}; renewals for ${sub}: ${renewals.join()}; left behind: ${left.join() || 'nothing'}`,
    )
    return stored
  } finally {
    await tab.close()
    pages.close()
    server.close()
  }
}

/** What lies in the storage of a page. */
function storageOf(tab: Tab): Promise<Stored> {
  return tab.evaluate(() => ({ localStorage: { ...localStorage }, sessionStorage: { ...sessionStorage } }))
}

/** Puts placeholders where something matters that is another each time, and leaves out what holds no session. */
function withPlaceholders(stored: Stored, { issuer, answer }: OldServer): Stored {
  const of = (storage: Readonly<Record<string, string>>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(storage)
        .filter(([key]) => !/^okta-(?!token)/.test(key))
        .map(([key, text]) => [template(key), template(text)]),
    )
  const template = (text: string): string => {
    const [, end] = /"expires_?at":(\d+)/i.exec(text) ?? []
    const particulars: Record<string, unknown> = { ...answer, issuer, end }
    return particularNames.reduce((text, name) => text.replaceAll(String(particulars[name]), `<${name}>`), text)
  }
  return { localStorage: of(stored.localStorage), sessionStorage: of(stored.sessionStorage) }
}

/** What stays of a value when nothing but its form counts: the names in it, and the types of what they stand for. */
function shapeOf(value: unknown): unknown {
  const parsed = typeof value === 'string' && value.startsWith('{') ? parse(value) : value
  if (typeof parsed !== 'object' || parsed === null) return typeof parsed
  return Object.fromEntries(Object.entries(parsed).map(([name, member]) => [name, shapeOf(member)]))
}

function parse(text: string): unknown {
  return JSON.parse(text.replaceAll('<end>', '0'))
}
