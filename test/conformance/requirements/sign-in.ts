import { must, ownRule, should, type Requirement } from './requirement.js'

/** What a server says of itself. */
export const metadata: readonly Requirement[] = [
  must('P-185', 'Metadata of another issuer are refused.', 'RFC 8414 §3.3'),
  must('P-186', 'Both well-known addresses work, and metadata that are given need no network.', 'RFC 8414 §3.1'),
  should('P-187', 'Known metadata are used on while the server cannot be asked.', ownRule),
  should(
    'P-188',
    'What a server says it supports is used for early warnings only.',
    ownRule,
    'Not done: sessions do not read it, the answer of the server decides.',
  ),
  must('P-189', 'An endpoint that is missing is an error that says so.', ownRule),
]

/** Signing in with another device. */
export const devices: readonly Requirement[] = [
  must('P-190', 'Before each request the interval is waited for, 5 seconds by default.', 'RFC 8628 §3.2, §3.5'),
  must('P-191', 'slow_down makes it longer for good.', 'RFC 8628 §3.5'),
  must('P-192', 'A pending answer goes on, and any other one ends.', 'RFC 8628 §3.5'),
  should('P-193', 'While no answer comes, requests grow rare.', 'RFC 8628 §3.5'),
  must('P-194', 'An expired code is not asked for any more.', 'RFC 8628 §3.2'),
  must('P-195', 'A pending answer may have any status that servers give it.', ownRule),
  should(
    'P-196',
    'The complete address is passed on, and names and forms that some servers use are understood.',
    'RFC 8628 §3.2',
  ),
]

/** Signing in by redirect. */
export const redirects: readonly Requirement[] = [
  must('P-200', 'The code is bound to a proof key, and the answer to the tab that asked.', 'RFC 10017 §6.3.2.1'),
  must('P-201', 'The issuer in an answer is compared, and must be there if the server said so.', 'RFC 9207 §2.4'),
  must('P-202', 'A pushed request is used once.', 'RFC 9126 §2.2, §4'),
  must('P-203', 'There is no implicit and no password grant.', 'RFC 10017 §7, RFC 9700 §2.4'),
]

/** Storage in browsers. */
export const browserStorage: readonly Requirement[] = [
  should(
    'P-210',
    'A page keeps tokens in memory by default.',
    'RFC 10017 §8',
    'Not done: the default is IndexedDB, as a session should outlive a reload (decision 4). memoryStore() is there.',
  ),
  should('P-211', 'Tokens are not kept in cookies that script writes.', 'RFC 10017 §8.1', 'There is no such store.'),
  must(
    'P-212',
    'A store that claims to be isolated in a service worker shares nothing.',
    'RFC 10017 §8.2',
    'Does not apply: there is no such store, and none claims isolation from the page.',
  ),
  should('P-213', 'The guide says that no store protects from script in the page.', 'RFC 10017 §8.5, §8.6'),
  must('P-214', 'It can be seen whether the server rotates refresh tokens.', 'RFC 9700 §2.2.2, §4.14.2'),
  must('P-215', 'Rotation is not taken to move the end of a session.', 'RFC 10017 §6.3.2.3'),
]

const expiration = 'OAuth 2.0 Refresh Token Expiration (draft)'

/** How long a refresh token lives. */
export const horizon: readonly Requirement[] = [
  should('P-220', 'What servers say of it is read, under each of its names.', expiration),
  must('P-221', 'Saying nothing means that the end is not known.', expiration),
  should('P-222', 'The application is told before the end, and renewals go on.', expiration),
  must('P-223', 'What is said without a new refresh token is said of the present one.', expiration),
]
