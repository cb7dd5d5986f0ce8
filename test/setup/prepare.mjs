// Gets what the tests need beyond `npm ci`: installs it where it may, as root on a system with apt-get. Elsewhere it tells
// how to get it, and the tests that lack it are skipped; in CI nothing may be.
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import process from 'node:process'

const longestMs = 10 * 60_000
/**
 * For tests in real browsers and with a real Redis. The package of the latter may start a server of its own, on port 6379;
 * tests start theirs elsewhere.
 */
const programs = [
  { name: 'chromium', debianPackage: 'chromium' },
  { name: 'firefox-esr', debianPackage: 'firefox-esr' },
  { name: 'WebKitWebDriver', debianPackage: 'webkit2gtk-driver' },
  { name: 'Xvfb', debianPackage: 'xvfb' },
  { name: 'redis-server', debianPackage: 'redis-server' },
]

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

const packages = programs.filter((program) => !isInstalled(program)).map(({ debianPackage }) => debianPackage)
if (packages.length > 0) console.log(`Missing, for some tests: apt-get install ${packages.join(' ')}`)
if (packages.length > 0 && process.getuid?.() === 0 && isInstalled({ name: 'apt-get' })) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [['update'], ['install', '--yes', '--no-install-recommends', ...packages]]) {
    console.log(`apt-get ${args.join(' ')}`)
    const { status } = spawnSync('apt-get', ['-qq', ...args], { stdio: 'inherit', env, timeout: longestMs })
    if (status !== 0) {
      console.log('This did not work.')
      break
    }
  }
}
if (process.env.CI && !programs.every(isInstalled)) process.exit(1)
