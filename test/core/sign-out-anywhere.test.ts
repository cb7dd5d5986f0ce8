import { expect, test } from 'vitest'
import type { Grant } from '../../src/core/grant.js'
import type { TokenManager } from '../../src/core/token-manager.js'
import { memoryStore } from '../../src/stores/memory.js'
import { FakeEnvironment } from '../support/fake-environment.js'
import { managerOf } from '../support/managed.js'

/** A server that rotates, and does not let one token go with another that is revoked. */
class Server {
  issued = 0
  readonly revoked = new Set<string>()
  readonly issue = (): Record<string, unknown> => {
    const count = this.issued++
    return { access_token: `access-${count}`, refresh_token: `refresh-${count}`, expires_in: 60 }
  }
  readonly grant: Grant = async ({ sending }) => {
    sending()
    await Promise.resolve()
    const response = this.issue()
    await Promise.resolve()
    return { response }
  }
  readonly revoke = async (token: string): Promise<void> => {
    await Promise.resolve()
    this.revoked.add(token)
  }

  /** Whether the newest tokens are of no use. */
  get isDead(): boolean {
    return ['access', 'refresh'].every((kind) => this.revoked.has(`${kind}-${this.issued - 1}`))
  }
}

interface Played {
  /** Whether the renewal was over when the sign-out began. */
  readonly isOver: boolean
  readonly outcomes: readonly unknown[]
}

/**
 * Plays a renewal and a sign-out that begins `steps` microtasks later. Nothing in it waits for time, so each await of the
 * renewal lies between two of them.
 */
async function play(steps: number, signsOutElsewhere: boolean): Promise<Played> {
  const environment = new FakeEnvironment()
  const server = new Server()
  const { grant, revoke } = server
  const parts = { store: memoryStore(), autoRenew: false, grant, revoke }
  const renewing = managerOf(environment, parts)
  const managers = [renewing, managerOf(environment, parts)] as const
  await renewing.setTokens(server.issue(), { receivedAt: environment.now() - 10_000 })
  const statuses = managers.map(record)
  let isOver = false
  const renewal = renewing.renew().then(
    () => (isOver = true),
    () => (isOver = true),
  )
  for (let step = 0; step < steps; step++) await Promise.resolve()
  const wasOver = isOver
  await managers[signsOutElsewhere ? 1 : 0].signOut()
  const lengths = statuses.map(({ length }) => length)
  await environment.passUntil(renewal)
  await environment.pass(60_000)
  const later = statuses.map((seen, index) => seen.slice(lengths[index]))
  const tokens = await Promise.all(managers.map((manager) => manager.getAccessToken().catch((error) => error.code)))
  for (const manager of managers) manager.dispose()
  return { isOver: wasOver, outcomes: [server.isDead, ...tokens, ...later.flat().filter((one) => one === 'active')] }
}

/** Each status that a manager shows from now on. */
function record(manager: TokenManager): string[] {
  const seen: string[] = []
  manager.subscribe(() => seen.push(manager.getSnapshot().status))
  return seen
}

test.each([
  ['by the manager that renews', false],
  ['by another holder', true],
])(
  'a session that is signed out %s at any point of a renewal never comes back, and is dead at the server',
  async (_, elsewhere) => {
    let steps = 0
    for (let isOver = false; !isOver && steps < 1000; steps++) {
      const played = await play(steps, elsewhere)
      expect(played.outcomes, `after ${steps} steps`).toEqual([true, 'login_required', 'login_required'])
      isOver = played.isOver
    }
    expect(steps).toBeGreaterThan(20)
    expect(steps).toBeLessThan(1000)
  },
)
