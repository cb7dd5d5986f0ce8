import { randomBytes } from 'node:crypto'
import { ApiError, invalid, type Item } from './api-error.js'
import { AppStore } from './apps.js'

/** An answer: one resource, or a list that is given out page by page. */
export type Answer = { readonly item: Item } | { readonly items: readonly Item[] }

export interface Request {
  readonly method: string
  /** Without `/api/v1`. */
  readonly path: readonly string[]
  readonly query: URLSearchParams
  readonly body: Item
}

interface Policy extends Item {
  readonly id: string
  priority: number
}

type Route = (request: Request) => Answer

/** An Okta org in memory, as its management API shows it: what an org has on its first day, and what is added. */
export class Org {
  readonly apps: AppStore = new AppStore()
  readonly groups: Item[] = [
    { id: newId('00g'), type: 'BUILT_IN', profile: { name: 'Everyone' } },
    { id: newId('00g'), type: 'OKTA_GROUP', profile: { name: 'Everyone in sales' } },
  ]
  readonly trustedOrigins: Item[] = []
  readonly policies: Policy[] = []
  readonly rules = new Map<string, Item[]>()
  readonly logs: Item[] = []
  readonly server: Item

  constructor(address: string) {
    this.server = { id: newId('aus'), name: 'default', status: 'ACTIVE', issuer: `${address}/oauth2/default` }
    const policy = this.#addPolicy(policyOf('Default Policy', ['ALL_CLIENTS']))
    const grantTypes = { include: ['implicit', 'client_credentials', 'authorization_code', 'password'] }
    this.#addRule(policy.id, {
      ...{ type: 'RESOURCE_ACCESS', name: 'Default Policy Rule', priority: 1, system: false },
      conditions: { people: { groups: { include: ['EVERYONE'] } }, grantTypes, scopes: { include: ['*'] } },
    })
  }

  answer(request: Request): Answer {
    const [root = '', ...rest] = request.path
    const routes: Readonly<Record<string, Route>> = {
      apps: (asked) => this.#answerApps(asked),
      groups: ({ query }) => ({ items: this.groups.filter((group) => startsWith(group.profile.name, query.get('q'))) }),
      trustedOrigins: (asked) => this.#answerOrigins(asked),
      authorizationServers: (asked) => this.#answerServers(asked, rest),
      logs: ({ query }) => ({ items: this.#find(query) }),
    }
    const route = routes[root]
    if (!route) throw new ApiError(404, 'E0000022', 'The endpoint does not support the provided HTTP method')
    return route(request)
  }

  /** The lifetimes of tokens that a client gets by a grant: of the first policy that speaks of the client, and no other. */
  lifetimesOf(clientId: string, grantType: string): Item | undefined {
    const policy = this.policies.find(({ status, conditions }) => {
      const { include } = conditions.clients
      return status === 'ACTIVE' && (include.includes('ALL_CLIENTS') || include.includes(clientId))
    })
    const rules = policy ? (this.rules.get(policy.id) ?? []) : []
    return rules.find(({ conditions }) => conditions.grantTypes.include.includes(grantType))?.actions.token
  }

  #answerApps({ method, path: [, id, part, groupId], body }: Request): Answer {
    if (id === undefined) {
      if (method === 'POST') return { item: this.apps.create(newId('0oa'), body) }
      return { items: this.apps.list() }
    }
    if (part === undefined) return { item: method === 'PUT' ? this.apps.replace(id, body) : this.apps.read(id) }
    const assigned = this.apps.groupsOf(id)
    if (method !== 'PUT') return { items: assigned }
    one(this.groups, groupId)
    if (!assigned.some((group) => group.id === groupId)) assigned.push({ id: groupId, priority: assigned.length })
    return { item: one(assigned, groupId) }
  }

  #answerOrigins({ method, path: [, id], body }: Request): Answer {
    if (method === 'GET') return { items: this.trustedOrigins }
    if (!/^https?:\/\/[^/]+$/.test(body.origin)) throw invalid('origin', 'Origin value is not valid')
    if (!body.name || !body.scopes?.length) throw invalid('scopes', 'The field cannot be left blank')
    if (method === 'POST') return { item: added(this.trustedOrigins, { id: newId('tos'), status: 'ACTIVE', ...body }) }
    return { item: replaced(this.trustedOrigins, id, body) }
  }

  #answerServers({ method, body }: Request, [id, part, policyId, rulesPart, ruleId]: readonly string[]): Answer {
    if (id !== this.server.id && id !== 'default') throw notFound(id)
    if (part === undefined) return { item: this.server }
    if (policyId === undefined) return method === 'POST' ? { item: this.#addPolicy(body) } : { items: this.policies }
    one(this.policies, policyId)
    if (rulesPart === undefined) return { item: this.#replacePolicy(policyId, body) }
    if (method === 'GET') return { items: this.rules.get(policyId) ?? [] }
    if (method === 'POST') return { item: this.#addRule(policyId, body) }
    checkRule(body)
    return { item: replaced(this.rules.get(policyId) ?? [], ruleId, body) }
  }

  #addPolicy(body: Item): Policy {
    checkPolicy(body)
    const policy = { ...body, id: newId('00p'), system: false, priority: body.priority }
    this.rules.set(policy.id, [])
    this.#insert(policy)
    return policy
  }

  #replacePolicy(id: string, body: Item): Policy {
    checkPolicy(body)
    const policy = { ...body, id, priority: body.priority }
    this.policies.splice(
      this.policies.findIndex((each) => each.id === id),
      1,
    )
    this.#insert(policy)
    return policy
  }

  /** Whoever comes in at a place moves those after it. */
  #insert(policy: Policy): void {
    this.policies.splice(policy.priority - 1, 0, policy)
    for (const [index, each] of this.policies.entries()) each.priority = index + 1
  }

  #addRule(policyId: string, body: Item): Item {
    const usual = { accessTokenLifetimeMinutes: 60, refreshTokenLifetimeMinutes: 0, refreshTokenWindowMinutes: 10_080 }
    const rule = { id: newId('0pr'), status: 'ACTIVE', actions: { token: usual }, ...body }
    checkRule(rule)
    return added(this.rules.get(policyId) ?? [], rule)
  }

  #find(query: URLSearchParams): Item[] {
    const types = [...(query.get('filter') ?? '').matchAll(/eventType eq "([^"]+)"/g)].map(([, type]) => type)
    const since = query.get('since') ?? ''
    const until = query.get('until') ?? '9'
    const found = this.logs.filter(
      ({ eventType, published }) => types.includes(eventType) && published >= since && published < until,
    )
    return query.get('sortOrder') === 'DESCENDING' ? found.reverse() : found
  }
}

/** A policy as the API takes it. */
export function policyOf(name: string, clients: readonly string[]): Item {
  return {
    ...{ type: 'OAUTH_AUTHORIZATION_POLICY', name, description: name, status: 'ACTIVE', priority: 1 },
    conditions: { clients: { include: clients } },
  }
}

/** Nothing of an access policy may be left out, also when it is replaced. */
function checkPolicy(policy: Item): void {
  for (const member of ['name', 'description', 'status', 'priority', 'conditions']) {
    if (policy[member] === undefined) throw invalid(member, 'The field cannot be left blank')
  }
}

function checkRule({ name, conditions, actions }: Item): void {
  if (!name) throw invalid('name', 'The field cannot be left blank')
  if (!conditions?.people || !conditions.grantTypes || !conditions.scopes) throw invalid('conditions', 'Incomplete')
  const {
    accessTokenLifetimeMinutes: access,
    refreshTokenLifetimeMinutes: refresh,
    refreshTokenWindowMinutes: window,
  } = actions.token
  if (!(access >= 5 && access <= 1440)) throw invalid('accessTokenLifetimeMinutes', 'Out of range')
  if (!(refresh === 0 || refresh >= access)) throw invalid('refreshTokenLifetimeMinutes', 'Out of range')
  if (!(window >= 10 && window <= 2_628_000)) throw invalid('refreshTokenWindowMinutes', 'Out of range')
}

function one(items: readonly Item[], id: string | undefined): Item {
  const found = items.find((item) => item.id === id)
  if (!found) throw notFound(id)
  return found
}

function added(items: Item[], item: Item): Item {
  items.push(item)
  return item
}

/** What is replaced keeps nothing but its id. */
function replaced(items: Item[], id: string | undefined, body: Item): Item {
  const item = { ...body, id: one(items, id).id }
  items.splice(items.indexOf(one(items, id)), 1, item)
  return item
}

function notFound(id: string | undefined): ApiError {
  return new ApiError(404, 'E0000007', `Not found: Resource not found: ${id}`)
}

function startsWith(text: string, start: string | null): boolean {
  return text.toLowerCase().startsWith((start ?? '').toLowerCase())
}

function newId(prefix: string): string {
  return prefix + randomBytes(16).toString('hex').slice(0, 17)
}
