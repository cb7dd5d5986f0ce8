import { appFor, kinds, ruleFor, type Wish } from './kinds.js'
import { OktaError, type Json, type JsonObject, type OktaApi } from './okta-api.js'
import type { SetupOptions } from './options.js'
import { Reconciler } from './reconcile.js'

const allAtOnce = 'limit=200'

/**
 * Makes an application able to renew: the app, who may use it, for pages the origin, and an access policy of its own with
 * one rule. What others have set up is left alone.
 */
export async function setUp(api: OktaApi, options: SetupOptions, say: (text: string) => void): Promise<void> {
  const { wish, apply, group, authorizationServer } = options
  const server = await authorizationServerOf(api, authorizationServer)
  const groupId = await idOfGroup(api, group)
  say(`${api.org}, authorization server ${authorizationServer}\n`)

  const reconciler = new Reconciler(api, apply, say)
  const app = await ensureApp(reconciler, wish)
  await ensureAssignment(reconciler, app, { name: group, id: groupId })
  if (wish.kind === 'spa') {
    for (const origin of new Set(wish.redirectUris.map((uri) => new URL(uri).origin)))
      await ensureOrigin(reconciler, origin)
  }
  await ensurePolicy(reconciler, { wish, app, server: `/api/v1/authorizationServers/${server.id}` })
  reconciler.finish()
  if (app) say(`\n${whatToEnter(wish, app, String(server.issuer))}`)
}

async function authorizationServerOf(api: OktaApi, id: string): Promise<JsonObject> {
  try {
    const server = await api.get(`/api/v1/authorizationServers/${encodeURIComponent(id)}`)
    if (server.status !== 'ACTIVE') throw new Error(`The authorization server ${id} is not active: activate it first.`)
    return server
  } catch (error) {
    if (!(error instanceof OktaError) || error.status !== 404) throw error
    throw new Error(
      `There is no authorization server ${id}: give the id of one, as in the Admin Console under Security > API.`,
    )
  }
}

async function idOfGroup(api: OktaApi, name: string): Promise<string> {
  const groups = await api.list(`/api/v1/groups?q=${encodeURIComponent(name)}&${allAtOnce}`)
  const [group, ...others] = groups.filter((candidate) => valueAt(candidate, 'profile', 'name') === name)
  if (!group) throw new Error(`There is no group ${name}.`)
  if (others.length > 0) throw new Error(`There are ${others.length + 1} groups ${name}.`)
  return String(group.id)
}

function ensureApp(reconciler: Reconciler, wish: Wish): Promise<JsonObject | undefined> {
  const { kind, label } = wish
  const { applicationType } = kinds[kind]
  return reconciler.ensure({
    title: `app ${label} (${applicationType})`,
    collection: '/api/v1/apps',
    // All of them: a search might not know yet of what was made a moment ago, and it would be made again.
    query: `?${allAtOnce}`,
    isIt: (candidate) => candidate.label === label,
    wanted(existing) {
      const type = existing && valueAt(existing, 'settings', 'oauthClient', 'application_type')
      if (existing && type !== applicationType) {
        throw new Error(`There is another kind of app ${label} (${type ?? existing.signOnMode}): give another --label.`)
      }
      if (existing && existing.status !== 'ACTIVE')
        throw new Error(`The app ${label} is not active: activate it first.`)
      return appFor(wish)
    },
  })
}

/** Nobody can sign in to an app that was not assigned to them. */
async function ensureAssignment(
  reconciler: Reconciler,
  app: JsonObject | undefined,
  group: { readonly name: string; readonly id: string },
): Promise<void> {
  await reconciler.ensure({
    title: `assignment to the group ${group.name}`,
    collection: app && `/api/v1/apps/${app.id}/groups`,
    query: `?${allAtOnce}`,
    isIt: ({ id }) => id === group.id,
    wanted: () => ({}),
    id: group.id,
  })
}

/** An origin belongs to all apps of the org, so whatever else it is trusted with stays. */
async function ensureOrigin(reconciler: Reconciler, origin: string): Promise<void> {
  await reconciler.ensure({
    title: `trusted origin ${origin}`,
    collection: '/api/v1/trustedOrigins',
    query: `?${allAtOnce}`,
    isIt: (candidate) => candidate.origin === origin,
    wanted(existing) {
      const scopes = (existing?.scopes ?? []) as readonly JsonObject[]
      const hasCors = scopes.some(({ type }) => type === 'CORS')
      return { name: existing?.name ?? origin, origin, scopes: hasCors ? scopes : [...scopes, { type: 'CORS' }] }
    },
  })
}

interface PolicyPlace {
  readonly wish: Wish
  readonly app: JsonObject | undefined
  readonly server: string
}

async function ensurePolicy(reconciler: Reconciler, { wish, app, server }: PolicyPlace): Promise<void> {
  const { label } = wish
  const clientId = app ? clientIdOf(app) : 'the client id of the new app'
  const policies = `${server}/policies`
  const policy = await reconciler.ensure({
    title: `access policy ${label}`,
    collection: policies,
    isIt: ({ name }) => name === label,
    wanted: (existing, all) => ({
      type: 'OAUTH_AUTHORIZATION_POLICY',
      name: label,
      description: `Tokens of the app ${label}`,
      status: 'ACTIVE',
      priority: existing && !isShadowed(existing, all, clientId) ? existing.priority : 1,
      conditions: { clients: { include: [clientId] } },
    }),
  })
  await reconciler.ensure({
    title: `rule ${label}`,
    collection: policy && `${policies}/${policy.id}/rules`,
    isIt: ({ name }) => name === label,
    wanted: () => ruleFor(wish),
  })
}

/** Okta takes the first policy that speaks of the client, and no other. */
function isShadowed(policy: JsonObject, all: readonly JsonObject[], clientId: string): boolean {
  return all.some((other) => {
    const clients = valueAt(other, 'conditions', 'clients', 'include') as readonly Json[] | undefined
    const speaksOfIt = clients?.some((client) => client === 'ALL_CLIENTS' || client === clientId)
    return speaksOfIt && other.status === 'ACTIVE' && Number(other.priority) < Number(policy.priority)
  })
}

function whatToEnter({ kind, label }: Wish, app: JsonObject, issuer: string): string {
  const lines = [`issuer         ${issuer}`, `client id      ${clientIdOf(app)}`]
  if (kind === 'web')
    lines.push(`client secret  in the Admin Console: Applications > ${label} > General > Client Credentials`)
  return lines.join('\n')
}

function clientIdOf(app: JsonObject): string {
  return String(valueAt(app, 'credentials', 'oauthClient', 'client_id'))
}

function valueAt(object: JsonObject, ...names: readonly string[]): Json | undefined {
  return names.reduce<Json | undefined>((value, name) => (value as JsonObject | undefined)?.[name], object)
}
