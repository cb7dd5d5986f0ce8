import { differences, linesOf, merged, type Difference } from './difference.js'
import type { JsonObject, OktaApi } from './okta-api.js'

/** Something in Okta that has to be as it is wanted. */
export interface Resource {
  readonly title: string
  /** Where resources of this kind are listed and made; `undefined` while what they belong to does not exist. */
  readonly collection: string | undefined
  /** Lists fewer of them. */
  readonly query?: string
  /** Those of the list that are meant: one at most. */
  readonly isIt: (candidate: JsonObject) => boolean
  /** How it has to be. Throws when it cannot be made so. */
  readonly wanted: (existing: JsonObject | undefined, all: readonly JsonObject[]) => JsonObject
  /** Its id, where that is not Okta's to choose. */
  readonly id?: string
}

/** What Okta gives and does not take. */
const readOnly = ['_links', '_embedded']

/** Makes resources as they are wanted, or only says what it would do. */
export class Reconciler {
  readonly #api: OktaApi
  readonly #apply: boolean
  readonly #say: (text: string) => void
  readonly #counts = { created: 0, changed: 0, kept: 0 }
  #ignored = 0

  constructor(api: OktaApi, apply: boolean, say: (text: string) => void) {
    this.#api = api
    this.#apply = apply
    this.#say = say
  }

  /** Resolves to the resource as it is afterwards; `undefined` if it does not exist, because nothing is written. */
  async ensure(resource: Resource): Promise<JsonObject | undefined> {
    const { title, collection, query = '', isIt, wanted } = resource
    const all = collection === undefined ? [] : await this.#api.list(`${collection}${query}`)
    const [existing, ...others] = all.filter(isIt)
    if (others.length > 0) throw new Error(`There are ${others.length + 1} of these: ${title}. Which is meant?`)
    const goal = wanted(existing, all)
    const open = differences(existing, goal)
    if (existing && open.length === 0) {
      this.#counts.kept++
      this.#say(`= ${title}`)
      return existing
    }
    this.#counts[existing ? 'changed' : 'created']++
    this.#say(`${existing ? '~' : '+'} ${title}`)
    this.#show(open)
    if (!this.#apply) return existing
    const result = await this.#write(resource, existing, goal)
    this.#compare(result, goal)
    return result
  }

  /** Says what was done, or would be. Throws if Okta has taken something over otherwise than it was asked to. */
  finish(): void {
    const { created, changed, kept } = this.#counts
    const all = created + changed + kept
    if (kept === all) return this.#say(`Nothing to change: all ${all} are as they should be.`)
    const done = `${created} created, ${changed} changed, ${kept} as they should be`
    this.#say(this.#apply ? `Done: ${done}.` : `Nothing was written. With --apply: ${done}.`)
    if (this.#ignored > 0)
      throw new Error('Okta has not taken over all it was asked to: see the lines with an exclamation mark.')
  }

  #write({ collection, id }: Resource, existing: JsonObject | undefined, goal: JsonObject): Promise<JsonObject> {
    const path = String(collection)
    const known = existing?.id ?? id
    if (known === undefined) return this.#api.post(path, goal)
    return this.#api.put(`${path}/${encodeURIComponent(String(known))}`, writable(merged(existing, goal) as JsonObject))
  }

  #compare(result: JsonObject, goal: JsonObject): void {
    const ignored = differences(result, goal)
    this.#ignored += ignored.length
    for (const { member } of ignored) this.#say(`    ! ${member} is still not as it was asked for`)
  }

  #show(open: readonly Difference[]): void {
    for (const line of open.flatMap(linesOf)) this.#say(`    ${line}`)
  }
}

function writable(body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !readOnly.includes(name)))
}
