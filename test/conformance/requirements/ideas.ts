import { must, note, should, type Requirement } from './requirement.js'

/** What a refresh token is for, and how it behaves. */
export const ideas: readonly Requirement[] = [
  must('F-001', 'The lifetime of an access token comes from expires_in, never from its content.', 'RFC 6749 §5.1'),
  must('F-002', 'A call without a token asks for a sign-in, one with an expired token renews it.', 'RFC 6749 §1.5'),
  must('F-003', 'Tokens are renewed without asking the user for anything.', 'RFC 6749 §1.5'),
  must('F-004', 'The answer to a first sign-in of any kind starts a session.', 'RFC 6749 §5.1'),
  must('F-005', 'Where tokens are kept is for the application to choose.', 'RFC 10017 §8'),
  must('F-006', 'The same refresh token in an answer is no rotation.', 'RFC 6749 §6'),
  must('F-007', 'A refresh token that is over leads to a new sign-in.', 'RFC 6749 §5.2'),
  must('F-008', 'A new refresh token takes the place of the old one at once and as a whole.', 'RFC 6749 §6'),
  must('F-009', 'Rotation works for pages, native apps and web clients alike.', 'RFC 9700 §4.14.2'),
  must('F-010', 'Refresh tokens that rotate and those that stay both work: the server decides.', 'RFC 6749 §6'),
  should(
    'F-011',
    'A warning tells that a refresh token which never changes lies in the storage of a page.',
    'RFC 9700 §4.14.2',
    'Not done: diagnose() tells whether the server rotates, and the guide on stores what each store means.',
  ),
  must(
    'F-012',
    'A used refresh token is never sent knowingly, since that ends the session at the server.',
    'RFC 9700 §4.14.2',
  ),
  must(
    'F-013',
    'After a lost answer the same refresh token is tried again within the grace period.',
    'Okta, refresh tokens',
  ),
  must('F-014', 'A grace period of zero is none.', 'Okta, refresh tokens'),
  must('F-015', 'A rotated refresh token is not taken to live longer than the first one.', 'RFC 10017 §6.3.2.3'),
  must('F-016', 'An answer may bring a new refresh token, the same one, or none.', 'RFC 6749 §6'),
  must('F-017', 'Nothing is renewed just to keep an idle session alive.', 'Okta, refresh tokens'),
  must('F-018', 'An access token is not used after its end.', 'RFC 6749 §1.4'),
  must('F-019', 'Tokens are renewed ahead of their end, and on demand.', 'RFC 6749 §1.5'),
  must('F-020', 'What the server sent besides the tokens can be read.', 'RFC 6749 §5.1'),
  must('F-021', 'Renewing, doing so ahead, and keeping the session come together.', 'Okta, refresh tokens'),
  must('F-022', 'The application can ask for a renewal itself.', 'RFC 6749 §6'),
  note(
    'F-023',
    'Applications should not call the token endpoint themselves.',
    'Okta, refresh tokens',
    'Advice to applications.',
  ),
  must('F-024', 'Whether a token is worth anything can be asked of the server.', 'RFC 7662 §2'),
  must(
    'F-025',
    'Where only the user can help, the application is told, and the session stays.',
    'OpenID Connect Core §3.1.2.6',
  ),
  must('F-026', 'Requests for tokens carry no cookies.', 'RFC 10017 §6.3.3'),
  must(
    'F-027',
    'An answer that a poor network loses costs no session within the grace period.',
    'Okta, refresh tokens',
  ),
  must('F-028', 'Reuse that the server noticed can be found in its log.', 'Okta, System Log'),
]
