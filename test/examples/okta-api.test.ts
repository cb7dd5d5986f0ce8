import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { run } from '../../examples/okta/command.js'
import { connect, type JsonObject, type OktaApi } from '../../examples/okta/okta-api.js'
import { Reconciler } from '../../examples/okta/reconcile.js'
import { freePort, listen } from '../support/listen.js'
import { startOkta, type OktaStandIn } from './okta/stand-in.js'
import { runExample } from './running.js'

const page = ['spa', '--label', 'My page', '--redirect-uri', 'https://app.example.com/callback']

let okta: OktaStandIn
let lines: string[]
let pauses: number[]

beforeEach(async () => {
  okta = await startOkta()
  lines = []
  pauses = []
})
afterEach(() => okta.close())

/** Runs the command with time in our hands; resolves to what went wrong. */
async function complaint(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  const variables = { OKTA_ORG: okta.address, OKTA_API_TOKEN: okta.token, ...env }
  const pause = async (ms: number): Promise<void> => void pauses.push(ms)
  const ended = run(args, variables, (line) => lines.push(line), pause)
  const message = await ended.then(
    () => '',
    (error: unknown) => String(error),
  )
  expect(message + lines.join('\n')).not.toContain(variables.OKTA_API_TOKEN)
  return message
}

describe('Okta refuses', () => {
  test('a token that it does not know: what it said, and where to make one', async () => {
    const message = await complaint(page, { OKTA_API_TOKEN: '00another-token-of-another-org' })
    expect(message).toContain('GET /api/v1/authorizationServers/default: 401 E0000011 Invalid token provided')
    expect(message).toContain('Security > API > Tokens')
  })

  test('to write: what it said, and that the administrator may not', async () => {
    okta.mayWrite = false
    const message = await complaint([...page, '--apply'])
    expect(message).toMatch(/POST \/api\/v1\/apps: 403 E0000006 .*\nThe administrator .* may not do this/)
  })

  test('what it cannot take: with the cause', async () => {
    okta.org.trustedOrigins.push({
      id: 'tos1',
      name: '',
      origin: 'https://app.example.com',
      scopes: [{ type: 'REDIRECT' }],
    })
    const message = await complaint([...page, '--apply'])
    expect(message).toContain('400 E0000001 Api validation failed: scopes scopes: The field cannot be left blank')
  })

  test('too many requests: it waits until they are taken again, by the clock of Okta, and goes on', async () => {
    okta.limit(2, 20)
    expect(await complaint([...page, '--apply'])).toBe('')
    expect(pauses).toHaveLength(2)
    expect(pauses.every((pause) => pause > 19_000 && pause < 22_000)).toBe(true)
    expect(okta.org.apps.list()).toHaveLength(1)
  })

  test('too many requests, again and again or for too long: it ends', async () => {
    okta.limit(100, 20)
    expect(await complaint(page)).toContain('429 E0000047 API call exceeded rate limit')
    expect(pauses).toHaveLength(3)
    okta.limit(100, 3600)
    expect(await complaint(page)).toContain('429')
    expect(pauses).toHaveLength(3)
  })
})

describe('what comes in pages', () => {
  test('is read to its end', async () => {
    const labels = ['Third', 'Second', 'First']
    for (const label of labels) {
      await complaint(['spa', '--label', label, '--redirect-uri', 'https://app.example.com/callback', '--apply'])
    }
    const start = okta.requests.length
    expect(await complaint(['spa', '--label', 'First', '--redirect-uri', 'https://app.example.com/callback'])).toBe('')
    expect(lines).toContain('= app First (browser)')
    expect(okta.requests.slice(start).filter(({ path }) => path === '/api/v1/apps')).toHaveLength(3)
  })

  test('is read at this org only: no other server gets the API token', async () => {
    const asked: (string | undefined)[] = []
    const thief = createServer((request, response) => {
      asked.push(request.headers.authorization)
      response.end('[]')
    })
    const thiefAddress = `http://127.0.0.1:${await listen(thief)}/api/v1/apps`
    const fake = createServer((request, response) => {
      if (request.url === '/moved') return void response.writeHead(302, { location: thiefAddress }).end()
      response.setHeader('link', `<${thiefAddress}>; rel="next"`).end('[{}]')
    })
    const org = new URL(`http://127.0.0.1:${await listen(fake)}`)
    for (const server of [thief, fake]) onTestFinished(() => void server.close())
    const api = connect({ org, token: okta.token })
    await expect(api.list('/api/v1/apps')).rejects.toThrow('another server')
    await expect(api.get('/moved')).rejects.toThrow('unexpected redirect')
    expect(asked).toEqual([])
  })
})

describe('what cannot work is said before anything is sent', () => {
  test.each([
    [[], 'usage: okta spa|web|tv'],
    [['toaster'], 'usage: okta spa|web|tv'],
    [['spa', '--redirect-uri', 'https://app.example.com/callback'], '--label is missing'],
    [['spa', '--label', 'My page'], '--redirect-uri is missing'],
    [['spa', '--label', 'My page', '--redirect-uri', 'http://app.example.com/callback'], 'must begin with https://'],
    [['tv', '--label', 'My TV', '--redirect-uri', 'https://app.example.com/callback'], 'A TV has no --redirect-uri'],
    [[...page, '--rotation', 'sometimes'], '--rotation is rotate or static'],
    [[...page, '--token', '00abc'], "Unknown option '--token'"],
    [['log', '--days', '0'], '--days is a whole number from 1 to 90'],
  ])('%j: %s', async (args, message) => {
    expect(await complaint(args)).toContain(message)
    expect(okta.requests).toEqual([])
  })

  test.each([
    ['--grace-seconds', '61', 'from 0 to 60'],
    ['--grace-seconds', 'ten', 'from 0 to 60'],
    ['--access-minutes', '4', 'from 5 to 1440'],
    ['--idle-minutes', '9', 'from 10 to 2628000'],
    ['--idle-minutes', '14', 'must not be less than --access-minutes'],
    ['--refresh-minutes', '2628001', 'from 0 to 2628000'],
    ['--refresh-minutes', '479', 'must be 0, or not less than --idle-minutes'],
  ])('F-116 F-117: %s %s', async (option, value, message) => {
    expect(await complaint([...page, option, value])).toContain(message)
    expect(okta.requests).toEqual([])
  })

  test.each([
    [{ OKTA_ORG: '' }, 'OKTA_ORG is missing'],
    [{ OKTA_ORG: 'example.okta.com' }, 'OKTA_ORG is missing'],
    [{ OKTA_ORG: 'http://example.okta.com' }, 'must begin with https://'],
    [{ OKTA_ORG: 'https://example-admin.okta.com' }, 'without -admin'],
    [{ OKTA_API_TOKEN: 'abc\ndef' }, 'characters that no API token has'],
  ])('%j: %s', async (env, message) => {
    expect(await complaint(page, env)).toContain(message)
  })

  test('no API token', async () => {
    await expect(run(page, { OKTA_ORG: okta.address }, () => {})).rejects.toThrow('OKTA_API_TOKEN is missing')
  })
})

test('an address that is no Okta org is called that', async () => {
  const server = createServer((_request, response) => response.end('<html>Welcome</html>'))
  const complaintAt = (port: number) => complaint(page, { OKTA_ORG: `http://127.0.0.1:${port}` })
  expect(await complaintAt(await listen(server))).toContain('is OKTA_ORG the address of an Okta org?')
  await new Promise((resolve) => server.close(resolve))
  expect(await complaintAt(await freePort())).toContain('ECONNREFUSED')
})

test('what Okta does not take over is named, and the run has failed', async () => {
  const stored: JsonObject = { id: '1', label: 'My page' }
  const api: OktaApi = {
    ...{ org: 'https://example.okta.com', get: async () => stored, list: async () => [stored] },
    ...{ post: async () => stored, put: async () => stored },
  }
  const reconciler = new Reconciler(api, true, (text) => lines.push(text))
  await reconciler.ensure({
    ...{ title: 'app My page', collection: '/api/v1/apps' },
    isIt: () => true,
    wanted: () => ({ settings: { pkce_required: true } }),
  })
  expect(lines).toContain('    ! settings.pkce_required is still not as it was asked for')
  expect(() => reconciler.finish()).toThrow('Okta has not taken over all it was asked to')
})

describe('okta log', () => {
  const minutesAgo = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString()

  function addEvent(eventType: string, minutes: number, userAgent = 'node'): void {
    okta.org.logs.push({
      ...{ id: String(okta.org.logs.length), eventType, published: minutesAgo(minutes) },
      actor: { id: '0oa1', type: 'PublicClientApp', displayName: 'My page' },
      client: { ipAddress: '192.0.2.1', userAgent: { rawUserAgent: userAgent } },
      target: [{ id: '00u1', type: 'User', alternateId: 'alice@example.com' }],
    })
  }

  test('F-028: tells of refresh tokens that were used twice, the latest first, and of nothing else', async () => {
    addEvent('app.oauth2.as.token.detect_reuse', 3 * 24 * 60)
    addEvent('app.oauth2.as.token.detect_reuse', 60)
    addEvent('app.oauth2.as.token.grant', 30)
    addEvent('app.oauth2.token.detect_reuse', 10)
    expect(await complaint(['log', '--days', '2'])).toBe('')
    expect(lines).toEqual([
      `${okta.org.logs[3]?.published}  app My page  user alice@example.com  from 192.0.2.1  node`,
      `${okta.org.logs[1]?.published}  app My page  user alice@example.com  from 192.0.2.1  node`,
      '2 in 2 days.',
    ])
  })

  test('shows what a stranger has sent as text, and lets it do nothing to the terminal', async () => {
    addEvent('app.oauth2.as.token.detect_reuse', 10, '\u001b[2Jevil\u202e\r\n1 in 7 days.')
    await complaint(['log'])
    expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    expect(lines[0]).toContain('?[2Jevil')
  })
})

test('the commands of docs/okta.md run as they stand there', async () => {
  const text = await readFile('docs/okta.md', 'utf8')
  const commands = [...text.matchAll(/^okta (.+)$/gm)].map(([, args = '']) => args)
  expect(commands.map((args) => args.split(' ')[0])).toEqual(['spa', 'web', 'tv', 'log'])
  for (const args of commands) {
    const words = [...args.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
    expect(await complaint(words)).toBe('')
  }
})

test('the program ends with 1 and one message when it fails', async () => {
  const program = runExample('okta/okta.ts', page, { OKTA_ORG: okta.address, OKTA_API_TOKEN: '00unknown' })
  expect(await program.exitCode).toBe(1)
  expect(program.output()).toMatch(/^GET \S+: 401 .*\nOKTA_API_TOKEN is not a valid token of this org: .*\n$/)
}, 30_000)
