import type { JsonObject, OktaApi } from './okta-api.js'
import type { LogOptions } from './options.js'

/** Custom authorization servers have the first, that of the org itself the second. */
const eventTypes = ['app.oauth2.as.token.detect_reuse', 'app.oauth2.token.detect_reuse']
const dayMs = 24 * 60 * 60 * 1000

interface ReuseEvent {
  readonly published: string
  readonly actor?: { readonly id?: string; readonly displayName?: string }
  readonly client?: { readonly ipAddress?: string; readonly userAgent?: { readonly rawUserAgent?: string } }
  readonly target?: readonly { readonly type?: string; readonly id?: string; readonly alternateId?: string }[] | null
}

/** Prints when, for whom and from where a refresh token was used that had been used before, the latest first. */
export async function printReuse(api: OktaApi, { days }: LogOptions, say: (text: string) => void): Promise<void> {
  const until = new Date()
  const query = new URLSearchParams({
    filter: eventTypes.map((type) => `eventType eq "${type}"`).join(' or '),
    since: new Date(until.getTime() - days * dayMs).toISOString(),
    until: until.toISOString(),
    sortOrder: 'DESCENDING',
    limit: '1000',
  })
  const events = await api.list(`/api/v1/logs?${query}`)
  for (const event of events) say(lineOf(event))
  say(`${events.length} in ${days} days.`)
}

function lineOf(event: JsonObject): string {
  const { published, actor, client, target } = event as unknown as ReuseEvent
  const user = target?.find(({ type }) => type === 'User')
  const parts = [
    published,
    `app ${actor?.displayName ?? actor?.id ?? 'unknown'}`,
    `user ${user?.alternateId ?? user?.id ?? 'unknown'}`,
    `from ${client?.ipAddress ?? 'unknown'}`,
    client?.userAgent?.rawUserAgent ?? 'unknown',
  ]
  return parts.join('  ')
}
