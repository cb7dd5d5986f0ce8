import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../../examples/okta/command.js'
import type { Item } from './okta/api-error.js'
import { policyOf } from './okta/org.js'
import { startOkta, type OktaStandIn } from './okta/stand-in.js'
import { runExample, tokenLike } from './running.js'

const deviceCode = 'urn:ietf:params:oauth:grant-type:device_code'
const page = ['spa', '--label', 'My page', '--redirect-uri', 'https://app.example.com/callback']
const service = ['web', '--label', 'My service', '--redirect-uri', 'https://service.example.com/callback']
const television = ['tv', '--label', 'My TV']

let okta: OktaStandIn
let output = ''

beforeEach(async () => {
  okta = await startOkta()
  output = ''
})
afterEach(async () => {
  // Neither the API token nor a client secret, whatever a test was about.
  expect(output).not.toMatch(tokenLike)
  await okta.close()
})

/** Runs the command; resolves to what it has printed, line by line. */
async function command(...args: readonly string[]): Promise<string[]> {
  const lines: string[] = []
  const env = { OKTA_ORG: okta.address, OKTA_API_TOKEN: okta.token }
  try {
    await run(args, env, (line) => lines.push(line))
  } catch (error) {
    output += String(error)
    throw error
  } finally {
    output += lines.join('\n')
  }
  return lines
}

/** The requests that have written something since `start`. */
function writes(start = 0): string[] {
  return okta.requests
    .slice(start)
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path }) => `${method} ${path}`)
}

function appNamed(label: string): Item {
  return okta.org.apps.list().find((app) => app.label === label) ?? {}
}

function clientIdOf(label: string): string {
  return appNamed(label).credentials.oauthClient.client_id
}

/** An app as an administrator has made it by hand. */
function appByHand(client: Item, more: Item = {}): Item {
  return okta.org.apps.create('0oaByHand', {
    ...{ name: 'oidc_client', label: 'My page', signOnMode: 'OPENID_CONNECT', ...more },
    credentials: { oauthClient: { token_endpoint_auth_method: 'none' } },
    settings: {
      oauthClient: {
        ...{ application_type: 'browser', grant_types: ['authorization_code'], response_types: ['code'] },
        ...{ redirect_uris: ['https://app.example.com/callback'], ...client },
      },
    },
  })
}

describe('from an empty org', () => {
  test.each([
    ['a page', 'browser', page],
    ['a web app', 'web', service],
    ['a TV', 'native', television],
  ])('F-113 F-116 F-117: a dry run for %s says all that would be made, and writes nothing', async (_, type, args) => {
    const lines = await command(...args)
    expect(writes()).toEqual([])
    expect(lines).toContain(`    + settings.oauthClient.application_type: ${type}`)
    expect(lines.find((line) => line.includes('grant_types'))).toContain('refresh_token')
    expect(lines.join('\n')).toMatch(/refresh_token\.rotation_type: (ROTATE|STATIC)/)
    expect(lines.join('\n')).toMatch(/actions\.token\.refreshTokenWindowMinutes: \d+/)
    expect(lines.at(-1)).toMatch(/^Nothing was written. With --apply: [45] created, 0 changed, 0 as they should be.$/)
  })

  test('F-113 F-116: a page is a public client with PKCE whose refresh tokens rotate, with a grace period', async () => {
    await command(...page, '--apply')
    const { credentials, settings } = appNamed('My page')
    expect(credentials.oauthClient).toMatchObject({ token_endpoint_auth_method: 'none', pkce_required: true })
    expect(settings.oauthClient).toMatchObject({
      application_type: 'browser',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['https://app.example.com/callback'],
      post_logout_redirect_uris: ['https://app.example.com/callback'],
      refresh_token: { rotation_type: 'ROTATE', leeway: 30 },
    })
    expect(okta.org.trustedOrigins).toMatchObject([{ origin: 'https://app.example.com', scopes: [{ type: 'CORS' }] }])
  })

  test('F-113 F-116: a web app proves itself with its secret by HTTP Basic, and its refresh tokens stay', async () => {
    const lines = await command(...service, '--apply')
    const { credentials, settings } = appNamed('My service')
    expect(credentials.oauthClient.token_endpoint_auth_method).toBe('client_secret_basic')
    expect(settings.oauthClient).toMatchObject({
      application_type: 'web',
      grant_types: ['authorization_code', 'refresh_token'],
      refresh_token: { rotation_type: 'STATIC' },
    })
    expect(okta.org.trustedOrigins).toEqual([])
    expect(lines.at(-1)).toMatch(/^client secret .* Applications > My service > General/)
  })

  test('F-113 F-116: the users of a TV sign in with another device, and no code gives tokens', async () => {
    await command(...television, '--apply')
    const { credentials, settings } = appNamed('My TV')
    expect(credentials.oauthClient.token_endpoint_auth_method).toBe('none')
    expect(settings.oauthClient).toMatchObject({
      application_type: 'native',
      grant_types: ['authorization_code', 'refresh_token', deviceCode],
      refresh_token: { rotation_type: 'STATIC' },
    })
    expect(okta.org.lifetimesOf(clientIdOf('My TV'), deviceCode)).toBeDefined()
    expect(okta.org.lifetimesOf(clientIdOf('My TV'), 'authorization_code')).toBeUndefined()
  })

  test('F-117: the tokens of an app live as long as was asked for, and those of other apps as before', async () => {
    const usual = okta.org.lifetimesOf('another client', 'authorization_code')
    const lifetimes = ['--access-minutes', '10', '--refresh-minutes', '600', '--idle-minutes', '60']
    await command(...page, ...lifetimes, '--apply')
    expect(okta.org.lifetimesOf(clientIdOf('My page'), 'authorization_code')).toEqual({
      accessTokenLifetimeMinutes: 10,
      refreshTokenLifetimeMinutes: 600,
      refreshTokenWindowMinutes: 60,
    })
    expect(okta.org.lifetimesOf('another client', 'authorization_code')).toEqual(usual)
  })

  test('everybody may use the app, or the people of one group', async () => {
    await command(...page, '--apply')
    await command(...television, '--group', 'Everyone in sales', '--apply')
    const [everyone, sales] = okta.org.groups
    expect(okta.org.apps.groupsOf(appNamed('My page').id)).toMatchObject([{ id: everyone?.id }])
    expect(okta.org.apps.groupsOf(appNamed('My TV').id)).toMatchObject([{ id: sales?.id }])
  })

  test('it says what to enter into the application', async () => {
    const lines = await command(...page, '--apply')
    const shown = [`issuer         ${okta.address}/oauth2/default`, `client id      ${clientIdOf('My page')}`]
    expect(lines.slice(-2)).toEqual(shown)
  })
})

describe('in an org that was set up before', () => {
  test.each([
    ['a page', page],
    ['a web app', service],
    ['a TV', television],
  ])('F-113 F-116 F-117: a second run for %s changes nothing and says so', async (_name, args) => {
    await command(...args, '--apply')
    const start = okta.requests.length
    const lines = await command(...args, '--apply')
    expect(writes(start)).toEqual([])
    expect(lines.join('\n')).toMatch(/Nothing to change: all [45] are as they should be\./)
    expect(lines.filter((line) => /^[+~] /.test(line))).toEqual([])
  })

  test('F-113 F-116: an app that was made by hand gets what it lacks, and keeps the rest', async () => {
    const visibility = { autoSubmitToolbar: true, hide: { iOS: false, web: false } }
    appByHand({ logo_uri: 'https://app.example.com/logo.png' }, { visibility, profile: { owner: 'alice' } })
    const lines = await command(...page, '--apply')
    expect(lines).toContain('~ app My page (browser)')
    expect(lines).toContain('    + settings.oauthClient.grant_types: refresh_token')
    expect(appNamed('My page')).toMatchObject({
      ...{ id: '0oaByHand', visibility, profile: { owner: 'alice' } },
      credentials: { oauthClient: { client_id: '0oaByHand', pkce_required: true } },
      settings: { oauthClient: { logo_uri: 'https://app.example.com/logo.png', refresh_token: { leeway: 30 } } },
    })
    // The links that Okta adds to what it gives are not sent back.
    expect(okta.requests.filter(({ body }) => '_links' in body)).toEqual([])
  })

  test('F-114 F-115: what somebody has changed in the Admin Console is shown, and put right', async () => {
    await command(...page, '--apply')
    const { id, ...app } = appNamed('My page')
    app.settings.oauthClient.grant_types = ['authorization_code', 'implicit', 'refresh_token']
    app.settings.oauthClient.refresh_token = { rotation_type: 'STATIC' }
    okta.org.apps.replace(id, app)

    const lines = await command(...page, '--apply')
    expect(lines.filter((line) => /^ +[-+]/.test(line)).map((line) => line.trim())).toEqual([
      '- settings.oauthClient.grant_types: implicit',
      '- settings.oauthClient.refresh_token.rotation_type: STATIC',
      '+ settings.oauthClient.refresh_token.rotation_type: ROTATE',
    ])
    expect(appNamed('My page').settings.oauthClient.refresh_token.rotation_type).toBe('ROTATE')
  })

  test('F-116: a grace period that Okta gives as a string is the same number of seconds', async () => {
    await command(...page, '--grace-seconds', '20', '--apply')
    const { id, ...app } = appNamed('My page')
    app.settings.oauthClient.refresh_token.leeway = '20'
    okta.org.apps.replace(id, app)
    expect(await command(...page, '--grace-seconds', '20')).toContain('= app My page (browser)')
  })

  test('F-117: its access policy comes before those that speak of the client, too, and is put there again', async () => {
    await command(...page, '--apply')
    okta.org.answer({
      ...{ method: 'POST', path: ['authorizationServers', 'default', 'policies'], query: new URLSearchParams() },
      body: policyOf('A newer policy', ['ALL_CLIENTS']),
    })
    expect(okta.org.lifetimesOf(clientIdOf('My page'), 'authorization_code')).toBeUndefined()
    const lines = await command(...page, '--apply')
    expect(lines).toEqual(expect.arrayContaining(['~ access policy My page', '    - priority: 2', '    + priority: 1']))
    expect(okta.org.lifetimesOf(clientIdOf('My page'), 'authorization_code')).toBeDefined()
    expect(okta.org.policies.map(({ name }) => name)).toEqual(['My page', 'A newer policy', 'Default Policy'])
  })

  test('F-117: several apps have policies of their own, and none disturbs another', async () => {
    for (const args of [page, service, television]) await command(...args, '--apply')
    const start = okta.requests.length
    for (const args of [page, service, television]) await command(...args, '--apply')
    expect(writes(start)).toEqual([])
  })

  test('an origin that others have made keeps its name and what else it is trusted with', async () => {
    okta.org.trustedOrigins.push({
      ...{ id: 'tos1', name: 'Our shop', origin: 'https://app.example.com', status: 'ACTIVE' },
      scopes: [{ type: 'IFRAME_EMBED', allowedOktaApps: ['OKTA_ENDUSER'] }],
    })
    const lines = await command(...page, '--apply')
    expect(lines).toContain('    + scopes: {"type":"CORS"}')
    expect(okta.org.trustedOrigins).toMatchObject([
      { name: 'Our shop', scopes: [{ type: 'IFRAME_EMBED', allowedOktaApps: ['OKTA_ENDUSER'] }, { type: 'CORS' }] },
    ])
  })

  test('what a run has not come to is done by the next', async () => {
    const origin: Item = { id: 'tos1', name: '', origin: 'https://app.example.com', scopes: [{ type: 'REDIRECT' }] }
    okta.org.trustedOrigins.push(origin)
    await expect(command(...page, '--apply')).rejects.toThrow('PUT /api/v1/trustedOrigins/tos1: 400')
    origin.name = 'Our shop'
    const lines = await command(...page, '--apply')
    expect(lines.filter((line) => /^[=+~] /.test(line))).toEqual([
      ...['= app My page (browser)', '= assignment to the group Everyone', '~ trusted origin https://app.example.com'],
      ...['+ access policy My page', '+ rule My page'],
    ])
    expect(lines).toContain('Done: 2 created, 1 changed, 2 as they should be.')
  })
})

describe('what it does not touch', () => {
  test('an app of another kind with the same name', async () => {
    await command(...page, '--apply')
    const start = okta.requests.length
    await expect(command('web', ...page.slice(1), '--apply')).rejects.toThrow(/another kind of app My page \(browser\)/)
    expect(writes(start)).toEqual([])
  })

  test('an app and an authorization server that are not active', async () => {
    await command(...page, '--apply')
    const start = okta.requests.length
    okta.org.apps.deactivate(appNamed('My page').id)
    await expect(command(...page, '--apply')).rejects.toThrow('The app My page is not active')
    okta.org.server.status = 'INACTIVE'
    await expect(command(...page, '--apply')).rejects.toThrow('The authorization server default is not active')
    expect(writes(start)).toEqual([])
  })

  test('two apps with the same name', async () => {
    await command(...page, '--apply')
    appByHand({})
    await expect(command(...page, '--apply')).rejects.toThrow('There are 2 of these: app My page')
  })

  test('a group and an authorization server that do not exist, or not only once', async () => {
    okta.org.groups.push({ id: '00gImported', type: 'APP_GROUP', profile: { name: 'Everyone in sales' } })
    const toSales = command(...page, '--group', 'Everyone in sales', '--apply')
    await expect(toSales).rejects.toThrow('There are 2 groups Everyone in sales.')
    await expect(command(...page, '--group', 'Every', '--apply')).rejects.toThrow('There is no group Every.')
    await expect(command(...page, '--server', 'ausMine', '--apply')).rejects.toThrow(/no authorization server ausMine/)
    expect(writes()).toEqual([])
  })
})

test('the demo of examples/okta runs dry, applies, finds nothing to change, and shows a change', async () => {
  const demo = runExample('okta/demo.ts', [], {})
  const code = await demo.exitCode
  output = demo.output()
  expect([code, output]).toEqual([0, expect.stringMatching(/- .*leeway: 30\n +\+ .*leeway: 60/)])
  expect(output.match(/Written: 0 in the dry run, [45] in the first run, 0 in the second/g)).toHaveLength(3)
}, 60_000)
