// A page, a web service and a television are set up in an Okta org on its first day, which is a stand-in for one:
//   npm run demo:okta     fails unless dry runs write nothing, and second runs find nothing to change
import { startOkta } from '../../test/examples/okta/stand-in.js'
import { run } from './command.js'

const setups = [
  ['spa', '--label', 'My page', '--redirect-uri', 'https://app.example.com/callback'],
  ['web', '--label', 'My service', '--redirect-uri', 'https://service.example.com/callback'],
  ['tv', '--label', 'My TV'],
] as const

const okta = await startOkta()
const env = { OKTA_ORG: okta.address, OKTA_API_TOKEN: okta.token }

/** Runs the command, and resolves to how many requests of it have written something. */
async function writesOf(args: readonly string[]): Promise<number> {
  const before = okta.requests.length
  console.log(`\n$ okta ${args.map((arg) => (arg.includes(' ') ? `"${arg}"` : arg)).join(' ')}\n`)
  await run(args, env, console.log)
  return okta.requests.slice(before).filter(({ method }) => method !== 'GET').length
}

/** Whether the first run has written, and no other. */
async function play(setup: readonly string[]): Promise<boolean> {
  const dry = await writesOf(setup)
  const first = await writesOf([...setup, '--apply'])
  const second = await writesOf([...setup, '--apply'])
  console.log(`\nWritten: ${dry} in the dry run, ${first} in the first run, ${second} in the second`)
  return dry === 0 && first > 0 && second === 0
}

try {
  let isRight = true
  for (const setup of setups) isRight = (await play(setup)) && isRight
  await writesOf([...setups[0], '--grace-seconds', '60', '--access-minutes', '10'])
  process.exitCode = isRight ? 0 : 1
} finally {
  await okta.close()
}
