import {
  clientSecretBasic,
  clientSecretPost,
  dpop,
  signInWithDevice,
  type TokenManagerOptions,
  type TokenResponse,
} from 'evergrant'
import * as presets from 'evergrant/presets'
import type { PersonaName } from 'evergrant/testing'
import { expect, test } from 'vitest'
import { meet, type Meeting, type Setup } from './meeting.js'

const scope = 'openid offline_access'
const domain = 'acme.okta.com'
const okta: Setup = { preset: presets.okta({ domain, authorizationServer: 'default', scope }) }
const webClient: Pick<TokenManagerOptions, 'clientAuth'> = { clientAuth: clientSecretBasic('the secret of the client') }
const tenant = '8f3c6a52-0000-4000-8000-000000000000'

/** Who is met, how the client is set up for it, and how the session begins: by adopting a sign-in unless it says so. */
const lives: readonly {
  readonly title: string
  readonly name: PersonaName
  readonly setup: Setup
  readonly begin?: (meeting: Meeting) => Promise<void>
  /** Whether the session ends by itself, after a day. */
  readonly isShort?: boolean
}[] = [
  { title: '1 Q-Okta F-006 Okta, refresh tokens that stay', name: 'oktaStatic', setup: okta },
  { title: '2 Q-Okta F-013 Okta, rotation with a grace period of 30 s', name: 'oktaRotating', setup: okta },
  { title: '3 Q-Okta F-012 F-014 Okta, rotation without a grace period', name: 'oktaStrict', setup: okta },
  { title: '4 Q-Okta F-042 Okta, a web client', name: 'oktaWeb', setup: { ...okta, ...webClient } },
  {
    title: '5 Q-Okta P-140 P-142 Okta, proofs of possession with a nonce',
    name: 'oktaDpop',
    setup: { ...okta, dpop: dpop() },
    begin: adoptRefreshToken,
  },
  { title: '6 P-072 P-074 Okta, asked too often', name: 'oktaLimited', setup: okta },
  {
    title: '7 Q-Google P-039 Google, which leaves the refresh token out',
    name: 'google',
    setup: { preset: presets.google(), ...webClient },
  },
  {
    title: '8 Q-Entra Microsoft Entra ID, a page whose session ends after 24 hours',
    name: 'entraSpa',
    setup: { preset: presets.entra({ tenant, scope: `${scope} user.read` }) },
    isShort: true,
  },
  {
    title: '9 Q-Auth0 P-071 Auth0, which refuses with status 403',
    name: 'auth0',
    setup: { preset: presets.auth0({ domain: 'acme.eu.auth0.com' }) },
  },
  {
    title: '10 Q-Keycloak P-090 Keycloak, access tokens for a minute',
    name: 'keycloak',
    setup: { preset: presets.keycloak({ url: 'https://login.example.com', realm: 'my realm' }) },
  },
  {
    title: '11 Q-Salesforce P-035 Salesforce, which does not say how long',
    name: 'salesforce',
    setup: { preset: presets.salesforce() },
  },
  {
    title: '12 Q-GitHub GitHub, which refuses with status 200',
    name: 'github',
    setup: { preset: presets.github(), ...webClient },
  },
  {
    title: '13 Q-GitLab P-070 GitLab, which sends a challenge too',
    name: 'gitlab',
    setup: { preset: presets.gitlab() },
  },
  {
    title: '14 Q-Slack Slack, which says that it is not ok',
    name: 'slack',
    setup: { preset: presets.slack(), ...webClient },
  },
  {
    title: '15 Q-HubSpot HubSpot, which has errors of its own',
    name: 'hubspot',
    setup: { preset: presets.hubspot(), clientAuth: clientSecretPost('the secret of the client') },
  },
  { title: '16 Q-Shopify a server that forgives until the next token is used', name: 'shopify', setup: {} },
  { title: '17 Q-LinkedIn P-091 LinkedIn, access tokens for 60 days', name: 'linkedin', setup: webClient },
  { title: '18 a load balancer that speaks in pages', name: 'loadBalancer', setup: {} },
  { title: '19 P-079 F-027 a server that rotates and hangs up', name: 'droppedConnections', setup: {} },
  { title: '20 P-096 a server whose clock is ten minutes ahead', name: 'fastClock', setup: { scope } },
  { title: '20 P-096 a server whose clock is ten minutes behind', name: 'slowClock', setup: { scope } },
  { title: '21 P-111 a server that answers with somebody else', name: 'otherSubject', setup: { scope } },
  {
    title: '22 Q-Basic P-022 a server that does not decode HTTP Basic',
    name: 'rawBasic',
    setup: { clientAuth: clientSecretBasic('a+b/c=d%20e~f', { encoding: 'raw' }) },
  },
  {
    title: '23 P-069 P-157 a server with many resources',
    name: 'manyResources',
    setup: {},
    begin: askForTwoResources,
  },
  { title: '24 F-043 a television', name: 'television', setup: okta, begin: signInOnTelevision },
]

async function adopt({ server, tokens, during }: Meeting): Promise<void> {
  await during(tokens.setTokens(await server.signIn({ scope })))
}

async function adoptRefreshToken({ server, tokens, during }: Meeting): Promise<void> {
  const { refresh_token }: TokenResponse = await server.signIn({ scope })
  await during(tokens.setTokens({ refresh_token }))
  await during(tokens.getAccessToken())
}

/** Each resource has an access token of its own, asked for one after the other and then kept. */
async function askForTwoResources(meeting: Meeting): Promise<void> {
  const { tokens, during, requests, server } = meeting
  await adopt(meeting)
  const resources = ['https://api.example/one', 'https://api.example/two']
  const ask = () => during(Promise.all(resources.map((resource) => tokens.getAccessToken({ resource }))))
  const given = await ask()
  expect(new Set(given).size).toBe(2)
  expect(requests.map(({ form }) => form.get('resource'))).toEqual(resources)
  expect(server.redemptions.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted'])
  expect(await ask()).toEqual(given)
}

async function signInOnTelevision({ server, tokens, during }: Meeting): Promise<void> {
  const onPrompt = ({ userCode }: { userCode: string }): void => server.decideDevice(userCode, { subject: 'alice' })
  await during(signInWithDevice(tokens, { onPrompt }))
}

/** The session lives, and its access token works. */
async function expectAlive({ server, tokens, during, count }: Meeting): Promise<void> {
  expect(tokens.getSnapshot().status).toBe('active')
  expect(count('ended')).toBe(0)
  const token = await during(tokens.getAccessToken())
  expect(server.inspect(token)).toMatchObject({ subject: 'alice', isUsable: true })
}

async function renewOnce(meeting: Meeting): Promise<void> {
  const before = meeting.count('renewed')
  await meeting.until(() => meeting.count('renewed') > before, 'the session is renewed')
  await expectAlive(meeting)
}

test.each(lives.map((life) => [life.title, life] as const))(
  '%s: it begins, is renewed, gets over troubles and ends',
  async (_, life) => {
    const meeting = meet(life.name, life.setup)
    const { server, persona, tokens, events, requests, count } = meeting
    await (life.begin ?? adopt)(meeting)
    await expectAlive(meeting)
    const begun = requests.length
    for (let renewal = 0; renewal < 3; renewal++) await renewOnce(meeting)
    expect(requests.length - begun).toBe(3)
    for (const trouble of persona.troubles(Date.now())) {
      server.failNext(trouble)
      await renewOnce(meeting)
    }
    expect(server.redemptions.filter(({ outcome }) => outcome !== 'accepted' && outcome !== 'repeated')).toEqual([])

    if (persona.end) server.failNext(persona.end)
    else if (!life.isShort) server.revoke(0)
    await meeting.until(() => count('ended') > 0, 'the session is over')
    const reason = persona.end ? 'someone_else' : 'expired_or_revoked'
    expect(events.find(({ type }) => type === 'ended')).toMatchObject({ reason })
    await expect(tokens.getAccessToken()).rejects.toMatchObject({ code: 'login_required' })
    const asked = requests.length
    await meeting.pass(86_400)
    expect(requests).toHaveLength(asked)
  },
)
