// Gets what the tests need beyond `npm ci`. Only CI installs anything; everywhere else the tests that lack something are
// skipped, and this tells how to get it.
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import process from 'node:process'

const programs = [{ name: 'chromium', debianPackage: 'chromium', purpose: 'tests in a real browser' }]

function isInstalled({ name }) {
  return (process.env.PATH ?? '').split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

const missing = programs.filter((program) => !isInstalled(program))
for (const { name, debianPackage, purpose } of missing) {
  console.log(`${name} is missing (for ${purpose}); on Debian: apt-get install ${debianPackage}`)
}
if (missing.length > 0 && process.env.CI && process.getuid?.() === 0) {
  const packages = missing.map(({ debianPackage }) => debianPackage)
  for (const args of [['update'], ['install', '--yes', '--no-install-recommends', ...packages]]) {
    const { status } = spawnSync('apt-get', ['-qq', ...args], {
      stdio: 'inherit',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
    if (status !== 0) process.exit(1)
  }
}
