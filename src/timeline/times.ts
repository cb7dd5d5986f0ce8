/** When something began and ends, in milliseconds since 1970. */
export interface Times {
  readonly from: number
  readonly to: number
}

/** The times in the claims of an ID token (OpenID Connect Core section 2). */
export function claimsTimes(idToken: string | undefined): Times | undefined {
  try {
    const payload = idToken?.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? ''
    const { iat, exp } = JSON.parse(atob(payload)) as { iat?: unknown; exp?: unknown }
    return typeof iat === 'number' && typeof exp === 'number' ? { from: iat * 1000, to: exp * 1000 } : undefined
  } catch {
    return undefined
  }
}

/**
 * The share of a token's life in which it is renewed: by default the last minute of it, at most a quarter. None of a life
 * that was over before anything was seen of it.
 */
export function earlyShare(lifetimeMs: number, renewEarlySeconds: number): number {
  return lifetimeMs > 0 ? Math.min(0.25, (renewEarlySeconds * 1000) / lifetimeMs) : 0
}

/** A length of time in words: `11 s`, `4 min 20 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  const seconds = Math.round(Math.max(0, ms) / 1000)
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)]
  if (seconds < 60) return `${seconds} s`
  if (hours === 0) return [`${minutes} min`, seconds % 60 > 0 ? `${seconds % 60} s` : ''].join(' ').trim()
  if (hours < 48) return [`${hours} h`, minutes % 60 > 0 ? `${minutes % 60} min` : ''].join(' ').trim()
  return `${Math.round(hours / 24)} days`
}

/** A length of time in one unit: `90 s`, `7.5 min`. */
export function roughly(ms: number): string {
  const [length, unit] =
    ms <= 120_000 ? [ms / 1000, 's'] : ms <= 7_200_000 ? [ms / 60_000, 'min'] : [ms / 3_600_000, 'h']
  return `${Math.round(length * 10) / 10} ${unit}`
}

/** How long ago something was, in a word or two. */
export function age(ms: number): string {
  if (ms < 2000) return 'now'
  if (ms < 60_000) return `${Math.floor(ms / 1000)} s ago`
  return ms < 3_600_000 ? `${Math.floor(ms / 60_000)} min ago` : `${Math.floor(ms / 3_600_000)} h ago`
}
