import { EvergrantError } from '../core/errors.js'
import type { ServerPreset } from './preset.js'

/** Which user pool of Amazon Cognito. */
export interface CognitoOptions {
  /** Its id, such as `eu-west-1_AbCdEfGhI`, in which its region stands. */
  readonly userPoolId: string
}

/**
 * Amazon Cognito: its answers need no preset but the issuer, which is not the domain that users see.
 *
 * @throws EvergrantError `misconfigured` for what is no id of a user pool
 */
export function cognito({ userPoolId }: CognitoOptions): ServerPreset {
  const [, region] = /^([a-z]+(?:-[a-z]+)+-\d+)_\w+$/.exec(userPoolId) ?? []
  if (region === undefined) {
    throw new EvergrantError(
      'misconfigured',
      `cognito(): ${userPoolId} is no id of a user pool, such as eu-west-1_AbCdEfGhI`,
    )
  }
  const suffix = region.startsWith('cn-') ? '.cn' : ''
  return { issuer: `https://cognito-idp.${region}.amazonaws.com${suffix}/${userPoolId}` }
}
