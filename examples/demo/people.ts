/** What is known of a user. */
export interface Profile {
  readonly name: string
  readonly email: string
}

/** Everybody has an account, under whatever name. */
export function profileOf(accountId: string): Profile {
  const name = accountId.slice(0, 1).toUpperCase() + accountId.slice(1)
  return { name: `${name} Example`, email: `${accountId}@example.com` }
}
