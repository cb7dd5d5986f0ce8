import { createTokenManager, fileStore } from 'evergrant/node'
import { createInterface } from 'node:readline'

/**
 * A process that does what its standard input says, one line at a time:  asker.js <issuer> <file>
 * `ask` prints an access token, or why there is none; another line is the refresh token of a session to adopt.
 */
const [issuer = '', file = ''] = process.argv.slice(2)
const tokens = createTokenManager({ issuer, clientId: 'client', store: fileStore(file), autoRenew: false })

for await (const line of createInterface({ input: process.stdin })) {
  const answer = line === 'ask' ? tokens.getAccessToken() : tokens.setTokens({ refresh_token: line }).then(() => 'done')
  console.log(await answer.catch(String))
}
