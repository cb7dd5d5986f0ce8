import type { ServerPreset } from './preset.js'

/** Google: its answers need no preset but the issuer. Sign-ins do: see the guide to servers. */
export function google(): ServerPreset {
  return { issuer: 'https://accounts.google.com' }
}
