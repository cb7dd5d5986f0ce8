import { connect, type Pause } from './okta-api.js'
import { readConnection, readLogOptions, readSetupOptions, usage, type Environment } from './options.js'
import { printReuse } from './reuse-log.js'
import { setUp } from './setup.js'

/** Runs one command; `pause` is how it waits when Okta has had enough requests for the moment. */
export async function run(
  args: readonly string[],
  env: Environment,
  print: (line: string) => void,
  pause?: Pause,
): Promise<void> {
  const say = (text: string): void => text.split('\n').forEach((line) => print(printable(line)))
  const [command, ...rest] = args
  if (command === 'help') return say(usage)
  if (command === 'log') {
    const options = readLogOptions(rest)
    return printReuse(connect({ ...readConnection(env), pause }), options, say)
  }
  const options = readSetupOptions(command, rest)
  return setUp(connect({ ...readConnection(env), pause }), options, say)
}

/** Without what a terminal obeys: names and user agents are chosen by others. */
function printable(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}]/gu, '?')
}
