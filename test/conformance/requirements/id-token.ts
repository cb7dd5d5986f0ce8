import { must, ownRule, should, type Requirement } from './requirement.js'

const core = 'OpenID Connect Core'

/** The ID token that comes with a renewal. */
export const idToken: readonly Requirement[] = [
  must('P-110', 'Its issuer is that of the first one.', `${core} §12.2`),
  must('P-111', 'Its user is that of the first one; another one ends the session.', `${core} §12.2`),
  must('P-112', 'It is for this client, and for the same authorized party.', `${core} §12.2`),
  must('P-113', 'It tells the time of the first sign-in, if any.', `${core} §12.2`),
  must('P-114', 'It repeats the first nonce, or has none.', `${core} §12.2`),
  must('P-115', 'It was issued neither before the first one nor in the future.', `${core} §12.2`),
  must('P-116', 'It has not expired, and names an algorithm that is not none.', `${core} §3.1.3.7`),
  should(
    'P-117',
    'Its signature is checked with the keys of the server.',
    `${core} §3.1.3.7`,
    'Not done: it comes straight from the token endpoint over TLS, which the section accepts (decision 3).',
  ),
  should(
    'P-118',
    'Its at_hash fits the access token.',
    `${core} §3.1.3.8`,
    'Not done, for the same reason: both come in one answer over TLS (decision 3).',
  ),
  must('P-119', 'A wrong time costs the ID token only; another user, issuer or client ends the session.', ownRule),
  must('P-120', 'What later ones must repeat is remembered from the first one.', `${core} §12.2`),
]
