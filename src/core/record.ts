import type { Identity } from './grant.js'
import type { ProofKey } from './proof.js'

/** The format of the records this version writes. It reads this one, and leaves newer ones untouched. */
export const recordFormat = 1

/** An access token and what tells how long it may be used. */
export interface AccessToken {
  readonly token: string
  /** The scheme of the `Authorization` header: `Bearer` or `DPoP`. */
  readonly type: string
  /** When the request for it was sent, by the wall clock of its sender, in milliseconds since 1970. */
  readonly obtainedAt: number
  /** How long it lives from then, in milliseconds; absent when the server did not say. */
  readonly lifetimeMs?: number | undefined
  /** Its scope, when the server said so. */
  readonly scope?: string | undefined
}

/**
 * The mark of a holder that is about to spend the refresh token, written before the request leaves. While it changes,
 * its owner is alive and nobody else sends; once it has stood still for a lease, its owner is taken for dead.
 */
export interface Intent {
  /** The manager that wrote it; a restarted one has another name. */
  readonly owner: string
  /** Counts the attempts to renew this generation. */
  readonly attempt: number
  /** Goes up while the owner waits for its answer. */
  readonly beat: number
  /** For how long this beat has stood still at least, in milliseconds, as those who watch it have told each other. */
  readonly stillMs?: number | undefined
  /** Whether an earlier attempt left without a clear answer, so that this refresh token may be spent already. */
  readonly inDoubt: boolean
  /** Whether the server has refused this refresh token since it is in doubt. It is asked once more before that is believed. */
  readonly isRefused?: boolean | undefined
  /** Set when the owner has given up for now; anybody may try again after the pause. */
  readonly pause?: Pause | undefined
}

/** A time to wait, as the wall clock of its writer saw it. Who finds its start in the future does not wait. */
export interface Pause {
  /** Milliseconds since 1970. */
  readonly from: number
  readonly ms: number
}

/** When a pause is over, by the same clock. */
export function endOf({ from, ms }: Pause): number {
  return from + ms
}

/** What every record holds. */
export interface RecordBase {
  /** The format of the record. A version that does not know it leaves the record untouched. */
  readonly format: 1
  /** Made anew at each sign-in. */
  readonly sessionId: string
  /** Goes up by one with each renewal. */
  readonly generation: number
}

/** A session that can be used and renewed. */
export interface LiveRecord extends RecordBase {
  readonly state: 'live'
  /** When the sign-in was, in milliseconds since 1970. */
  readonly at: number
  readonly refreshToken?: string | undefined
  /** By resource and scope; the key `''` is that of the token asked for without either. */
  readonly accessTokens: Readonly<Record<string, AccessToken>>
  /** The scope of the whole session. A single access token may have less (RFC 6749 section 6). */
  readonly scope?: string | undefined
  /** For how long the server said that the refresh token can be used. */
  readonly lasting?: Pause | undefined
  readonly idToken?: string | undefined
  readonly identity?: Identity | undefined
  /** Members of the last answer that this package does not know. */
  readonly extra?: Readonly<Record<string, unknown>> | undefined
  /** The key that the tokens are bound to. */
  readonly proofKey?: ProofKey | undefined
  readonly intent?: Intent | undefined
  /** A request was left without an answer: it may still be on its way, so the next rotation keeps a distance. */
  readonly spacing?: Pause | undefined
}

/**
 * Why a session has ended: the server refused its refresh token, the answer to a renewal was lost, or the server
 * answered with tokens of somebody else.
 */
export type EndReason = 'expired_or_revoked' | 'lost_in_flight' | 'someone_else'

/** A session that the server no longer renews. It holds no tokens. */
export interface EndedRecord extends RecordBase {
  readonly state: 'ended'
  readonly reason: EndReason
  /** When that was, in milliseconds since 1970. */
  readonly at: number
}

/** A session that was signed out. It stays behind so that a late answer cannot bring the session back. */
export interface SignedOutRecord extends RecordBase {
  readonly state: 'signed_out'
  /** When that was, in milliseconds since 1970. */
  readonly at: number
}

/** A live session that `encryptedStore` has sealed. Stores keep it like any other; what stands beside `data` is no secret. */
export interface SealedRecord extends RecordBase {
  readonly state: 'sealed'
  /** Tells which key opens it. */
  readonly keyId: string
  /** Base64, as `data` is. */
  readonly iv: string
  readonly data: string
}

/** What this package writes: one immutable value per session, replaced as a whole. */
export type SessionRecord = LiveRecord | EndedRecord | SignedOutRecord | SealedRecord

/** Stored content that this version cannot use. */
export interface UnreadableRecord {
  readonly state: 'unreadable'
  readonly problem: 'corrupt' | 'newer_format'
}

/** What a store may find. */
export type StoredRecord = SessionRecord | UnreadableRecord

/** Whether a record tells what the session is, which damaged, newer and sealed ones do not. */
export function isReadable(record: StoredRecord | undefined): record is Exclude<SessionRecord, SealedRecord> {
  return record !== undefined && 'at' in record
}

/** The key of the access token that is asked for without a resource or scope. */
export const defaultTokenKey = ''

/** The access token of one kind. */
export function tokenOf(record: StoredRecord | undefined, key: string = defaultTokenKey): AccessToken | undefined {
  return record?.state === 'live' ? record.accessTokens[key] : undefined
}

/** Whether it is the very token, and not one that happens to have the same name. */
export function isSameToken(token: AccessToken | undefined, other: AccessToken | undefined): boolean {
  return token?.token === other?.token && token?.obtainedAt === other?.obtainedAt
}

/** What somebody is doing to a session, or has given up for now. */
export function intentOf(record: StoredRecord | undefined): Intent | undefined {
  return record?.state === 'live' ? record.intent : undefined
}

/** Names a session at one generation. */
export function lineageOf(record: StoredRecord | undefined): string | undefined {
  return record?.state === 'live' ? `${record.sessionId} ${record.generation}` : undefined
}
