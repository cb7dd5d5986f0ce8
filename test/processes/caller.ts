import { createTokenManager, isEvergrantError } from '../../src/node.js'

/** A program that does nothing but ask for a token, of a server that is down: nothing else keeps it alive. */
const tokens = createTokenManager({ issuer: process.argv[2], clientId: 'client' })
await tokens.setTokens({ refresh_token: 'refresh' })
await tokens.getAccessToken().catch((error: unknown) => console.log(isEvergrantError(error) ? error.code : error))
