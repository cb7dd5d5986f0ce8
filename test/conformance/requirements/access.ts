import { must, ownRule, should, type Requirement } from './requirement.js'

/** Calls to APIs. */
export const calls: readonly Requirement[] = [
  must('P-130', 'The token is in the Authorization header, and nowhere else.', 'RFC 6750 §2.1, RFC 9700 §4.3.2'),
  must('P-131', 'The scheme is that of the token type.', 'RFC 6749 §7.1, RFC 9449 §7.1'),
  must('P-132', 'A refused token is renewed once and the call repeated once, if its body can be.', 'RFC 6750 §3.1'),
  must('P-133', 'A token that was refused late is not renewed again.', ownRule),
  must(
    'P-134',
    'A demand for more scope or another sign-in renews nothing, and is told.',
    'RFC 6750 §3.1, RFC 9470 §3',
  ),
  should('P-135', 'A 401 whose challenge cannot be read may mean an expired token, once.', ownRule),
  must('P-136', 'Tokens go to allowed origins only, also over redirects.', 'RFC 6750 §5.2'),
  must('P-137', 'Several challenges in one header are told apart.', 'RFC 9110 §11.6.1'),
  should('P-138', 'A successful answer is one, whatever its headers say.', ownRule),
  should('P-139', 'Where an API describes itself is passed on.', 'RFC 9728 §5.1'),
]

/** Sessions that are bound to a key. */
export const proofs: readonly Requirement[] = [
  must('P-140', 'A renewal proves the key that got the refresh token.', 'RFC 9449 §5'),
  must('P-141', 'Each request and each retry has a proof of its own.', 'RFC 9449 §4.2'),
  must('P-142', 'A demand for a nonce is met once.', 'RFC 9449 §8'),
  must('P-143', 'The newest nonce is used, from whatever answer it comes.', 'RFC 9449 §8.2'),
  must('P-144', 'Each server has its own nonce.', 'RFC 9449 §8, §9'),
  must('P-145', 'A token that is not bound is not used where one must be.', 'RFC 9449 §5'),
  must('P-146', 'A proof names the access token, and the address without query and fragment.', 'RFC 9449 §4.2'),
  must('P-147', 'No page can read the key, which lives and ends with the session.', 'RFC 10017 §6.3'),
  must('P-148', 'The key outlives a restart whenever the refresh token does.', 'RFC 9449 §5'),
  should('P-149', 'A nonce that a page cannot see is an error that says what to expose.', 'RFC 9449 §8'),
  should(
    'P-150',
    'A client with credentials may change its key without losing the session.',
    'RFC 9449 §5',
    'Not done: a session keeps one key for good, whatever the client.',
  ),
  should('P-151', 'A sign-out erases the key.', ownRule),
]

/** Certificates and resources. */
export const bindings: readonly Requirement[] = [
  must('P-155', 'A refresh token that is bound to a certificate is sent with that certificate.', 'RFC 8705 §4'),
  must('P-156', 'A resource is an absolute URI without a fragment.', 'RFC 8707 §2'),
  should('P-157', 'Access tokens of several resources are kept under one refresh token.', 'RFC 8707 §2.2'),
  must('P-158', 'A resource that is refused ends no session.', 'RFC 8707 §2'),
]
