import { must, ownRule, should, type Requirement } from './requirement.js'

/** What is made of an answer with tokens. */
export const answers: readonly Requirement[] = [
  must('P-030', 'Success is a status of success with an access token in a JSON object.', 'RFC 6749 §5.1'),
  must(
    'P-031',
    'The token type is compared in any case of letters, and one of unknown type is not used.',
    'RFC 6749 §5.1, §7.1',
  ),
  must('P-032', 'Members that nobody knows are kept, and change nothing.', 'RFC 6749 §5.1'),
  must('P-033', 'A lifetime of any form spoils no answer.', 'RFC 6749 §5.1'),
  must('P-034', 'A lifetime counts from when the request was sent.', 'RFC 6749 §5.1'),
  must('P-035', 'A lifetime that is missing is unknown, and no timer runs wild for it.', 'RFC 6749 §5.1'),
  must('P-036', 'Access tokens are not looked into.', 'RFC 9068 §6'),
  must('P-037', 'A scope that is missing stays, one that differs is announced.', 'RFC 6749 §3.3, §5.1'),
  must('P-038', 'A new refresh token takes the place of the old one.', 'RFC 6749 §6'),
  must('P-039', 'Without a new refresh token the old one stays.', 'RFC 6749 §6'),
  must('P-040', 'The same refresh token is no rotation.', 'RFC 6749 §6'),
  must('P-041', 'A renewal with less scope takes nothing from what was granted.', 'RFC 6749 §6'),
  should('P-042', 'Answers with tokens are not cached.', 'RFC 6749 §5.1'),
  must('P-043', 'Tokens may have any length.', 'RFC 6749 §5.1'),
  must('P-044', 'Without a new ID token the old one stays.', 'OpenID Connect Core §12.2'),
  must('P-045', 'A new refresh token is secured before anything else of its answer can fail.', ownRule),
]

/** How a session is kept. */
export const persistence: readonly Requirement[] = [
  must('P-050', 'A session is one record, written as a whole.', ownRule),
  must('P-051', 'New tokens are stored before anybody hears of them.', ownRule),
  must('P-052', 'New tokens that cannot be stored are kept in memory, and offered to the store again.', ownRule),
  must('P-053', 'Whoever knows an old record never overwrites a newer one.', ownRule),
  should('P-054', 'A renewal leaves a mark before it is sent, by which it is followed up after a crash.', ownRule),
  must('P-055', 'No token or secret gets into an error, event, log or address.', 'RFC 6749 §10.4'),
  must('P-056', 'A damaged record means that nobody is signed in, and is reported.', ownRule),
  must('P-057', 'Sessions of other clients, servers and users stay apart.', ownRule),
  must('P-058', 'An answer for one session is never written into the next one.', ownRule),
]
