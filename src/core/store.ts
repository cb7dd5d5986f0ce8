import type { SessionRecord, StoredRecord } from './record.js'

/** What a store uses to recognise one written state again. Opaque to everybody else. */
export type Revision = unknown

/** A record as it was found under a key. */
export interface Versioned {
  readonly revision: Revision
  readonly record: StoredRecord
}

/** The outcome of {@link TokenStore.swap}: won, or lost against what is there now. */
export type SwapResult =
  { readonly won: true; readonly revision: Revision } | { readonly won: false; readonly current: Versioned | undefined }

/**
 * Where a session record lives. Absent is `undefined`; everything else that goes wrong is a rejection, never a value.
 * The suite in `evergrant/testing` checks an adapter against this contract.
 */
export interface TokenStore {
  /**
   * Reads what is stored under `key`. Content that this version cannot use is no error but a record whose state is
   * `unreadable`: `corrupt` content gives way to the next `swap`, which sets it aside; content of a newer format is
   * never touched.
   */
  read(key: string): Promise<Versioned | undefined>

  /**
   * Replaces what is stored under `key` by `next` in one step, if it is still what `expected` stands for (`undefined`:
   * nothing). Of several swaps that expect the same, exactly one wins. When it resolves, the record is as durable as
   * {@link durability} says. A rejection means that the outcome is unknown.
   */
  swap(key: string, expected: Revision | undefined, next: SessionRecord | undefined): Promise<SwapResult>

  /**
   * Calls `onChange` after somebody else may have changed `key`. It may call too often. Returns a function that ends it.
   * Without it, holders notice what others did, a sign-out too, when their access token is due.
   */
  watch?(key: string, onChange: () => void): () => void

  /**
   * What a finished `swap` outlives: `none` not even this realm, `relaxed` a crash of the program but perhaps not of
   * the machine, `strict` both.
   */
  readonly durability: 'none' | 'relaxed' | 'strict'
}

/** Has a store tell of changes, where it can. Who cannot be told looks into the store when a token is due. */
export function watchStore(store: TokenStore, key: string, onChange: () => void): (() => void) | undefined {
  try {
    return store.watch?.(key, onChange)
  } catch {
    return undefined
  }
}
