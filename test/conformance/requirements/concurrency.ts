import { must, ownRule, should, type Requirement } from './requirement.js'

/** Many callers, tabs and processes on one session. */
export const concurrency: readonly Requirement[] = [
  must('P-060', 'All callers share one renewal, and its result or its failure.', ownRule),
  must('P-061', 'Holders of one store renew one at a time.', ownRule),
  must('P-062', 'Whoever gets its turn looks first whether another one has renewed meanwhile.', ownRule),
  must('P-063', 'A refusal is believed after a second look only: a newer refresh token is adopted.', ownRule),
  must('P-064', 'Only the refresh token that was refused is given up, not a newer one.', ownRule),
  must('P-065', 'A holder that is dead or frozen blocks nobody for long.', ownRule),
  must('P-066', 'A sign-out during a renewal wins, and what comes later is revoked.', ownRule),
  must('P-067', 'One caller who leaves takes the renewal from no other.', ownRule),
  should('P-068', 'Other holders learn that something has changed, without a token in the notice.', ownRule),
  must('P-069', 'Renewals for several resources come one after the other.', 'RFC 8707 §2.2'),
]

/** Failures, and when it is tried again. */
export const failures: readonly Requirement[] = [
  must('P-070', 'An error is found in the body, and in the challenge where the body has none.', 'RFC 6749 §5.2'),
  must('P-071', 'An error counts the same with 400, 401 and 403.', 'RFC 6749 §5.2'),
  must('P-072', 'Status 429 means to wait, whatever the body says.', 'RFC 6585 §4'),
  must('P-073', 'Descriptions are for people, and decide nothing.', 'RFC 6749 §5.2'),
  must('P-074', 'When the server says to wait, that is done.', 'RFC 9110 §10.2.3'),
  must('P-075', 'While a token is valid, a failed renewal does not fail its callers.', ownRule),
  must('P-076', 'A refusal of the client keeps the tokens, is told once, and stops renewals ahead.', ownRule),
  must('P-077', 'Retries have a budget and grow rare, whatever the server answers.', ownRule),
  must(
    'P-078',
    'Each attempt reads the refresh token anew, and makes its own proof and assertion.',
    'RFC 9449 §4.2, RFC 7523 §3',
  ),
  must('P-079', 'After a lost answer the first retry comes within seconds.', ownRule),
  must('P-080', 'A refresh token that was refused is not sent again.', 'RFC 6749 §5.2'),
  must('P-081', 'An error tells its kind, what the server said, and when to try again.', ownRule),
  should(
    'P-082',
    'Members that servers add to their errors are kept.',
    ownRule,
    'Not done: an unknown member may hold a token. A mapping (mapError) sees them all, and decides by them.',
  ),
]

/** When tokens are renewed, and by which clock. */
export const scheduling: readonly Requirement[] = [
  must('P-090', 'Short-lived tokens are not renewed all the time.', ownRule),
  must('P-091', 'Lifetimes beyond the range of timers cause no storm.', ownRule),
  must('P-092', 'After a sleep or a freeze the clock decides, not a timer.', ownRule),
  should('P-093', 'Holders of tokens of the same age do not act at the same instant.', ownRule),
  must('P-094', 'Tokens are renewed when they are asked for; timers can be off, and keep no process alive.', ownRule),
  must('P-095', 'A clock that is set makes no expired token look valid.', ownRule),
  should('P-096', 'The clock of the server is estimated where its view of time matters.', ownRule),
  should('P-097', 'A page that nobody sees renews nothing by itself.', ownRule),
]
