import { createTokenManager, fileStore } from 'evergrant/node'
import { Remote } from './remote.js'
import { checks, expectEqual, runChecks, type Check } from './smoke.js'

/**
 * Runs the list in a process:  program.js <issuer> <folder>  prints the report as one line. Nothing is tidied up, so that
 * what evergrant leaves running would keep the process alive.
 */
const [issuer = '', folder = ''] = process.argv.slice(2)

const checksOfProcesses: Readonly<Record<string, Check>> = {
  async 'keeps the session in a file'(remote) {
    const options = { issuer, clientId: 'client', store: fileStore(`${folder}/session.json`) }
    const tokens = createTokenManager(options)
    await tokens.setTokens({ refresh_token: await remote.signIn() })
    const token = await tokens.getAccessToken()
    const other = createTokenManager({ ...options, store: fileStore(`${folder}/session.json`) })
    expectEqual((await other.getAccessToken()) === token, true)
    expectEqual(await remote.outcomes(), ['accepted'])
  },

  async 'renews by itself when it is time'(remote) {
    const tokens = createTokenManager({ issuer, clientId: 'client' })
    const renewed = new Promise<void>((resolve, reject) => {
      const patience = setTimeout(() => reject(new Error('it did not')), 5000)
      tokens.on('renewed', () => {
        clearTimeout(patience)
        resolve()
      })
    })
    // Due within the next second.
    const aging = { access_token: 'aging', token_type: 'Bearer', expires_in: 8 }
    await tokens.setTokens({ ...aging, refresh_token: await remote.signIn() }, { receivedAt: Date.now() - 5000 })
    expectEqual(await remote.outcomes(), [])
    await renewed
    expectEqual(await remote.outcomes(), ['accepted'])
  },
}

console.log(JSON.stringify(await runChecks({ ...checks, ...checksOfProcesses }, new Remote(issuer))))
