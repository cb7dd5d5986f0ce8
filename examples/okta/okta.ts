// Sets up an Okta org for an application of yours, or says what it would change: nothing is written without --apply.
//   export OKTA_ORG=https://example.okta.com OKTA_API_TOKEN=...
//   node test/setup/run.mjs examples/okta/okta.ts spa --label "My page" --redirect-uri https://app.example.com/callback
//   node test/setup/run.mjs examples/okta/okta.ts web --label "My service" --redirect-uri https://service.example.com/callback
//   node test/setup/run.mjs examples/okta/okta.ts tv --label "My TV"
//   node test/setup/run.mjs examples/okta/okta.ts log        refresh tokens that were used a second time
// All options: node test/setup/run.mjs examples/okta/okta.ts help
import { run } from './command.js'

try {
  await run(process.argv.slice(2), process.env, console.log)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
