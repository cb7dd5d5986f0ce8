/** Of a handshake that failed on our side: Node checks the certificate before any byte of the request leaves. */
const untrustedCertificate = /^(?!ERR_SSL).*CERT|^UNABLE_TO_/

/**
 * Whether a failed `fetch` certainly sent nothing, because there never was a connection. Node tells; a browser does not.
 */
export function isNeverSent(error: unknown): boolean {
  const { code, syscall } = causeOf(error)
  if (syscall === 'connect' || syscall === 'getaddrinfo') return true
  return code === 'UND_ERR_CONNECT_TIMEOUT' || (typeof code === 'string' && untrustedCertificate.test(code))
}

/** Why `fetch` of Node failed; of several attempts to connect, the first. */
function causeOf(error: unknown): { code?: unknown; syscall?: unknown } {
  const { cause } = Object(error) as { cause?: { errors?: unknown } }
  return Object(Array.isArray(cause?.errors) ? cause.errors[0] : cause) as { code?: unknown; syscall?: unknown }
}
