import type { Snapshot, TokenEvent, TokenManager } from 'evergrant'

/** What the service and the page tell the demo, to be shown in the terminal. There is no token in it. */
export type Report =
  | { readonly type: 'state'; readonly status: string; readonly generation: number; readonly expiresAt: number }
  | { readonly type: 'event'; readonly text: string }
  | { readonly type: 'failedCall'; readonly text: string }
  | { readonly type: 'left' }

/** Reports the state of a session whenever it changes, and its events. */
export function reportChanges(tokens: TokenManager, send: (report: Report) => void): void {
  const sendState = (): void => send(stateOf(tokens.getSnapshot()))
  tokens.subscribe(sendState)
  for (const type of ['adopted', 'renewed', 'sessionExpiring', 'ended', 'signedOut', 'warning', 'error'] as const) {
    tokens.on(type, (event) => send({ type: 'event', text: describe(event) }))
  }
  sendState()
}

function stateOf(snapshot: Snapshot): Report {
  const { generation = 0, expiresAt = 0 } = snapshot.status === 'active' ? snapshot : {}
  return { type: 'state', status: snapshot.status, generation, expiresAt }
}

/** An event in words. */
export function describe(event: TokenEvent): string {
  switch (event.type) {
    case 'adopted':
      return 'signed in'
    case 'renewed':
      return `renewed ${event.by}: generation ${event.generation}`
    case 'sessionExpiring':
      return `the session ends at ${new Date(event.endsAt).toLocaleTimeString()}`
    case 'ended':
      return `the session ended: ${event.reason}`
    case 'signedOut':
      return 'signed out'
    case 'challenge':
      return `an API asks for more: ${event.error}`
    case 'warning':
      return event.message
    case 'error':
      return `${event.error.code}: ${event.error.message}`
  }
}
