// What the types promise: unions that narrow, callbacks that infer, and options that refuse what they do not know.
import {
  createTokenManager,
  isEvergrantError,
  type ErrorCode,
  type Snapshot,
  type TokenEvent,
  type TokenResponse,
} from 'evergrant'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
/** Compiles for two types that are the same; `any` is the same as itself only. */
declare function same<A, B>(isSame: Equal<A, B>): void

const tokens = createTokenManager({ issuer: 'https://as.example', clientId: 'c' })

same<Awaited<ReturnType<typeof tokens.getAccessToken>>, string>(true)
same<ReturnType<typeof tokens.on>, () => void>(true)

tokens.on('renewed', (event) => {
  same<typeof event.type, 'renewed'>(true)
  same<typeof event.generation, number>(true)
  same<typeof event.by, 'here' | 'elsewhere'>(true)
  // @ts-expect-error: a renewal has no reason
  tell({ ...event, type: event.reason })
})
tokens.on('ended', (event) => {
  same<typeof event.reason, 'expired_or_revoked' | 'lost_in_flight' | 'someone_else'>(true)
})
tokens.on('error', (event) => {
  same<typeof event.error.code, ErrorCode>(true)
  same<typeof event.error.retryAt, number | undefined>(true)
})
// @ts-expect-error: no event is called so
tokens.on('renewd', () => undefined)

function never(value: never): never {
  throw new Error(String(value))
}

export function show(snapshot: Snapshot): string {
  // @ts-expect-error: only an active session has a generation
  if (snapshot.generation === 0) return 'new'
  switch (snapshot.status) {
    case 'starting':
    case 'signed_out':
      return snapshot.error?.code ?? ''
    case 'active':
      return `${snapshot.sessionId} ${snapshot.generation.toFixed()} ${snapshot.identity?.sub ?? ''}`
    case 'ended':
      return snapshot.reason
    default:
      return never(snapshot)
  }
}

export function tell(event: TokenEvent): string {
  switch (event.type) {
    case 'adopted':
      return event.sessionId
    case 'renewed':
      return event.by
    case 'sessionExpiring':
      return String(event.endsAt)
    case 'ended':
      return event.reason
    case 'signedOut':
      return ''
    case 'challenge':
      return event.error
    case 'warning':
      return event.message
    case 'error':
      return event.error.message
    default:
      return never(event)
  }
}

export function advise(error: unknown): string {
  if (!isEvergrantError(error)) return 'not ours'
  switch (error.code) {
    case 'login_required':
    case 'lost_in_flight':
      return 'sign in'
    case 'unavailable':
    case 'storage_failed':
      return `later: ${(error.retryAt ?? 0).toFixed()}`
    case 'misconfigured':
    case 'denied':
    case 'unsupported':
      return error.errorDescription ?? error.message
    case 'aborted':
      return ''
    default:
      return never(error.code)
  }
}

export const answer: TokenResponse = { access_token: 'a', expires_in: '3600', 'x-unknown': [1] }
same<(typeof answer)['something_else'], unknown>(true)

// @ts-expect-error: the client has an id
createTokenManager({ issuer: 'https://as.example' })
// @ts-expect-error: a slip of the pen
createTokenManager({ issuer: 'https://as.example', clientId: 'c', clientid: 'c' })
// @ts-expect-error: a secret needs a way to be sent
createTokenManager({ issuer: 'https://as.example', clientId: 'c', clientAuth: 'secret' })
// @ts-expect-error: seconds are a number
void tokens.getAccessToken({ minValiditySeconds: '30' })
// @ts-expect-error: a whole response is taken, not a token
void tokens.setTokens('token')
// @ts-expect-error: nobody changes a snapshot
tokens.getSnapshot().status = 'ended'
