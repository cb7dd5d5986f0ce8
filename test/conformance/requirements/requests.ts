import { must, ownRule, should, type Requirement } from './requirement.js'

/** The form and the transport of requests. */
export const requests: readonly Requirement[] = [
  must('P-001', 'Renewals are forms in UTF-8, posted to the token endpoint of the metadata.', 'RFC 6749 §3.2, §6'),
  must('P-002', 'Grant type and refresh token are in the body once each.', 'RFC 6749 §3.2, §6'),
  must('P-003', 'No token, secret or client id is in the address of a request.', 'RFC 6749 §2.3.1'),
  must('P-004', 'No parameter is sent twice.', 'RFC 6749 §3.2'),
  must('P-005', 'Endpoints without TLS are refused, but for the loopback interface.', 'RFC 6749 §2.3.1'),
  must('P-006', 'Redirects are not followed with tokens or secrets.', ownRule),
  must('P-007', 'No scope is asked for that was not granted; none means the same as before.', 'RFC 6749 §6'),
  should('P-008', 'The scope of renewals can be chosen.', ownRule),
  must('P-009', 'What is empty is not sent.', 'RFC 6749 §3.1'),
  must('P-010', 'Further parameters cannot take the place of those of the protocol.', ownRule),
  should(
    'P-011',
    'Browsers send no cookie, referrer or header that is not needed, and cache nothing.',
    'RFC 10017 §6.3.3',
  ),
  must('P-012', 'Every request has a bound that is shorter than the usual grace period.', ownRule),
]

/** How a client proves who it is. */
export const clientAuthentication: readonly Requirement[] = [
  must('P-020', 'A public client names itself in the body, without an Authorization header.', 'RFC 6749 §3.2.1'),
  must('P-021', 'HTTP Basic encodes id and secret each by itself.', 'RFC 6749 §2.3.1'),
  should('P-022', 'HTTP Basic can leave them as they are for servers that do not decode.', 'RFC 7617 §2'),
  must('P-023', 'A request is authenticated in one way only.', 'RFC 6749 §2.3'),
  must('P-024', 'A page holds no secret.', 'RFC 10017 §6.3.3.1'),
  should(
    'P-025',
    'Secrets in the body, signed assertions, certificates and own functions are supported.',
    'OpenID Connect Core §9',
  ),
  must('P-026', 'An assertion is short-lived, for this server, and new for each attempt.', 'RFC 7523 §3'),
  must(
    'P-027',
    'All endpoints get the same authentication.',
    'RFC 7009 §2.1, RFC 7662 §2.1, RFC 8628 §3.1, RFC 9126 §2',
  ),
  must('P-028', 'A client with a certificate names itself, and uses the endpoints for mutual TLS.', 'RFC 8705 §2, §5'),
  should('P-029', 'A secret that was refused is asked for once more, since it may have been replaced.', ownRule),
]
