import { decodeRecord, encodeRecord } from '../core/codec.js'
import { EvergrantError } from '../core/errors.js'
import type { WebCryptoKey } from '../core/keys.js'
import type { LiveRecord, SealedRecord, StoredRecord } from '../core/record.js'
import type { SwapResult, TokenStore, Versioned } from '../core/store.js'

const algorithm = 'AES-GCM'
const bytesOfKey = 32
const bytesOfIv = 12
const bytesOfKeyId = 8

/** A key for AES-GCM with 256 bits: 32 random bytes, or a `CryptoKey` that may encrypt and decrypt. */
export type EncryptionKey = WebCryptoKey | Uint8Array

/** How {@link encryptedStore} deals with what was there before it. */
export interface EncryptedStoreOptions {
  /**
   * Whether to use sessions that were stored without encryption; the next write seals them. Default `false`: whoever can
   * write to the store could plant a session of their own. For the time of a move only.
   */
  readonly allowPlaintext?: boolean
}

/** A key that can be used, and what records call it. */
interface NamedKey {
  readonly id: string
  readonly key: WebCryptoKey
}

/**
 * Encrypts the sessions in any store with AES-GCM. What was sealed under another key of the store, for another session or
 * another generation does not open.
 *
 * A session that none of `keys` opens is left alone: calls fail with `misconfigured` until the key is added, or until
 * `signOut()` discards the session.
 *
 * @param keys the first one seals, all open. To replace a key, add the new one as the second everywhere, then make it the
 *   first, and drop the old one once all sessions have been renewed
 * @throws EvergrantError `misconfigured` when a key is none
 */
export function encryptedStore(
  store: TokenStore,
  keys: readonly EncryptionKey[],
  { allowPlaintext = false }: EncryptedStoreOptions = {},
): TokenStore {
  if (keys.length === 0) throw noKey()
  const checked = keys.map(checkKey)
  let named: Promise<NamedKey[]> | undefined
  const namedKeys = (): Promise<NamedKey[]> => (named ??= Promise.all(checked.map(nameKey)))

  const readable = async (found: Versioned | undefined, key: string): Promise<Versioned | undefined> => {
    if (found?.record.state === 'sealed') return { ...found, record: await open(await namedKeys(), key, found.record) }
    return found?.record.state === 'live' && !allowPlaintext
      ? { ...found, record: sealedByNobody(found.record) }
      : found
  }

  return {
    durability: store.durability,
    read: async (key) => readable(await store.read(key), key),
    async swap(key, expected, next): Promise<SwapResult> {
      const sealed = next?.state === 'live' ? await seal(await namedKeys(), key, next) : next
      const result = await store.swap(key, expected, sealed)
      return result.won ? result : { won: false, current: await readable(result.current, key) }
    },
    ...(store.watch && { watch: store.watch.bind(store) }),
  }
}

async function seal(keys: readonly NamedKey[], storeKey: string, record: LiveRecord): Promise<SealedRecord> {
  const [{ id, key }] = keys as [NamedKey]
  const { format, sessionId, generation } = record
  const iv = crypto.getRandomValues(new Uint8Array(bytesOfIv))
  const place = { format, sessionId, generation }
  const text = new TextEncoder().encode(encodeRecord(record))
  const data = await crypto.subtle.encrypt(parameters(iv, storeKey, place), key, text)
  return { ...place, state: 'sealed', keyId: id, iv: toBase64(iv), data: toBase64(new Uint8Array(data)) }
}

/** The record in a sealed one. Without its key it stays sealed; what its key does not open is damaged. */
async function open(keys: readonly NamedKey[], storeKey: string, sealed: SealedRecord): Promise<StoredRecord> {
  const fit = keys.find(({ id }) => id === sealed.keyId)
  if (!fit) return sealed
  try {
    const iv = fromBase64(sealed.iv)
    const text = await crypto.subtle.decrypt(parameters(iv, storeKey, sealed), fit.key, fromBase64(sealed.data))
    return decodeRecord(new TextDecoder().decode(text))
  } catch {
    return { state: 'unreadable', problem: 'corrupt' }
  }
}

/** What is authenticated with a record besides itself: where it belongs. */
function parameters(
  iv: Uint8Array<ArrayBuffer>,
  storeKey: string,
  { format, sessionId, generation }: Pick<SealedRecord, 'format' | 'sessionId' | 'generation'>,
): AesGcmParams {
  const place = JSON.stringify([storeKey, format, sessionId, generation])
  return { name: algorithm, iv, additionalData: new TextEncoder().encode(place) }
}

/** Stands for a session that was never sealed, which no key vouches for. */
function sealedByNobody({ format, sessionId, generation }: LiveRecord): SealedRecord {
  return { format, sessionId, generation, state: 'sealed', keyId: '', iv: '', data: '' }
}

function checkKey(key: EncryptionKey): WebCryptoKey | Uint8Array<ArrayBuffer> {
  // A copy, as callers may erase theirs.
  if (key instanceof Uint8Array && key.length === bytesOfKey) return new Uint8Array(key)
  const { algorithm: own, usages } = Object(key) as Partial<WebCryptoKey>
  const isFit = own?.name === algorithm && (own as AesKeyAlgorithm).length === bytesOfKey * 8
  if (isFit && usages?.includes('encrypt') && usages.includes('decrypt')) return key as WebCryptoKey
  throw noKey()
}

function noKey(): EvergrantError {
  return new EvergrantError(
    'misconfigured',
    'encryptedStore() needs one or more keys: 32 random bytes in a Uint8Array, or a CryptoKey for AES-GCM with 256 bits ' +
      'that may encrypt and decrypt',
  )
}

/**
 * A key is named after what only it makes of nothing, so that two keys never have one name. The IV of zeros is used for
 * this alone, and always for the same message.
 */
async function nameKey(from: WebCryptoKey | Uint8Array<ArrayBuffer>): Promise<NamedKey> {
  const { subtle } = crypto as Partial<Crypto>
  if (!subtle) throw new EvergrantError('unsupported', 'encryption needs a page served over https or from localhost')
  const isRaw = from instanceof Uint8Array
  const key = isRaw ? await subtle.importKey('raw', from, algorithm, false, ['encrypt', 'decrypt']) : from
  const made = await subtle.encrypt({ name: algorithm, iv: new Uint8Array(bytesOfIv) }, key, new Uint8Array())
  return { id: toBase64(new Uint8Array(made, 0, bytesOfKeyId)), key }
}

function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
}
