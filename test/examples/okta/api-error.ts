/** A resource as JSON has it; what is in it the API checks. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Item = { [name: string]: any }

/** A refusal, as Okta's management API words it. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly errorCode: string,
    readonly errorSummary: string,
    readonly causes: readonly string[] = [],
  ) {
    super(errorSummary)
  }

  toJSON(): Item {
    const { errorCode, errorSummary, causes } = this
    const errorCauses = causes.map((cause) => ({ errorSummary: cause }))
    return { errorCode, errorSummary, errorLink: errorCode, errorId: 'oaeStandIn', errorCauses }
  }
}

/** A member that the API does not take. */
export function invalid(member: string, what: string): ApiError {
  return new ApiError(400, 'E0000001', `Api validation failed: ${member}`, [`${member}: ${what}`])
}
