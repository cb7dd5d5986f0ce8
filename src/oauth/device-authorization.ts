import type { OAuthClient } from '../core/client.js'
import { systemEnvironment } from '../core/environment.js'
import { EvergrantError } from '../core/errors.js'
import { textIn } from '../core/shape.js'
import { readMembers } from './answer.js'
import { assertSecure } from './http.js'
import { assertFree } from './parameters.js'
import { requestTokens, type FirstAnswer } from './token-request.js'

/** What to show to the user of a device (RFC 8628 section 3.3). */
export interface DevicePrompt {
  /** What the user enters at `verificationUri`, as the server writes it. */
  readonly userCode: string
  /** Where the user goes with a phone or a computer. */
  readonly verificationUri: string
  /** The same with the code in it, for a QR code. Not every server has one; show `userCode` beside it all the same. */
  readonly verificationUriComplete: string | undefined
  /** Until when the code is good, in milliseconds since 1970. */
  readonly expiresAt: number
  /** What some servers write for the user to read. */
  readonly message: string | undefined
}

/** What a server gives to a device. */
export interface DeviceAuthorization {
  /** Brings the tokens once the user has agreed: a secret. */
  readonly deviceCode: string
  readonly prompt: DevicePrompt
  readonly lifetimeMs: number
  /** How long to wait before each request for the tokens. */
  readonly intervalMs: number
}

const ours = ['client_id', 'scope']
const defaultIntervalMs = 5000
/** For servers that do not say, although they must. They still end the code themselves. */
const defaultLifetimeMs = 1_800_000
const longestMs = 86_400_000

/**
 * Asks for a code that the user of a device enters elsewhere (RFC 8628 section 3.1).
 *
 * @throws EvergrantError `unsupported` where the server offers no such thing; `misconfigured`, `denied` or `unavailable`
 */
export async function requestDeviceCode(
  client: OAuthClient,
  scope: string | undefined,
  additional: Readonly<Record<string, string>>,
): Promise<DeviceAuthorization> {
  assertFree(additional, ours)
  const { device_authorization_endpoint } = await client.metadata()
  if (device_authorization_endpoint === undefined) {
    throw new EvergrantError('unsupported', 'the server has no device_authorization_endpoint')
  }
  const sentAt = systemEnvironment.now()
  const response = await client.post('device_authorization_endpoint', { ...additional, scope })
  const body = await readMembers(response, sentAt, 'device_code', 'user_code')
  // The second is Google's, from before there was a standard.
  const verificationUri = body.verification_uri ?? body.verification_url
  const verificationUriComplete = textIn(body.verification_uri_complete)
  assertSecure('verification_uri', verificationUri)
  if (verificationUriComplete) assertSecure('verification_uri_complete', verificationUriComplete)
  const lifetimeMs = milliseconds(body.expires_in) ?? defaultLifetimeMs
  return {
    deviceCode: body.device_code,
    prompt: {
      userCode: body.user_code,
      verificationUri,
      verificationUriComplete,
      expiresAt: sentAt + lifetimeMs,
      message: textIn(body.message),
    },
    lifetimeMs,
    intervalMs: milliseconds(body.interval) ?? defaultIntervalMs,
  }
}

/**
 * Asks whether the user has decided (RFC 8628 section 3.4).
 *
 * @throws EvergrantError with the server's `error` when there are no tokens (yet)
 */
export function requestDeviceTokens(client: OAuthClient, deviceCode: string): Promise<FirstAnswer> {
  const form = { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: deviceCode }
  return requestTokens(client, form, deviceCode)
}

/** Some servers send numbers as text. What is less than 1 counts as absent: no server is to be asked without a pause. */
function milliseconds(seconds: unknown): number | undefined {
  const ms = Number(seconds) * 1000
  return ms >= 1000 ? Math.min(ms, longestMs) : undefined
}
