import { createTokenManager, fileStore } from '../../src/node.js'

/** A program that asks for a token which is due, while somebody else renews it, and then leaves: nothing else keeps it alive. */
const [issuer = '', path = ''] = process.argv.slice(2)
const metadata = { issuer, token_endpoint: `${issuer}/token` }
const tokens = createTokenManager({ metadata, clientId: 'client', store: fileStore(path), autoRenew: false })
await tokens.getAccessToken()
await tokens[Symbol.asyncDispose]()
console.log('left')
