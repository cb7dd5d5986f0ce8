import { baseUrl, type ServerPreset } from './preset.js'

/** Which GitLab. */
export interface GitLabOptions {
  /** Where it is; `https://gitlab.com` by default. */
  readonly url?: string | undefined
}

/**
 * GitLab: its answers need no preset but the issuer. So it is with all servers that are built on Doorkeeper.
 *
 * @throws EvergrantError `misconfigured` for what is no URL
 */
export function gitlab({ url = 'https://gitlab.com' }: GitLabOptions = {}): ServerPreset {
  return { issuer: baseUrl('gitlab', url) }
}
