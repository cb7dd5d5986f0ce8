import { may, must, ownRule, should, type Requirement } from './requirement.js'

const logout = 'OpenID Connect RP-Initiated Logout'

/** Asking what a token is worth. */
export const introspection: readonly Requirement[] = [
  must('P-160', 'The token is posted in a form, by a client that names or proves itself.', 'RFC 7662 §2.1'),
  must('P-161', 'A token that is worth nothing is an answer and no error.', 'RFC 7662 §2.2'),
  must('P-162', 'Answers are not cached.', 'RFC 7662 §4'),
  should('P-163', 'The refresh token can be asked about.', 'RFC 7662 §2.1'),
  must('P-164', 'A failure takes no token away.', ownRule),
  must('P-165', 'A token is shown to no other server than the one that issued it.', ownRule),
]

/** Revoking and signing out. */
export const endings: readonly Requirement[] = [
  must('P-170', 'Tokens are revoked by a form with a hint and client authentication.', 'RFC 7009 §2.1'),
  must('P-171', 'Status 200 means done, also for a token that the server does not know.', 'RFC 7009 §2.2'),
  should('P-172', 'Other statuses of success mean done, too.', ownRule),
  must('P-173', 'A server that is busy is asked again, when it says.', 'RFC 7009 §2.2.1'),
  must('P-174', 'A server that cannot revoke one kind of token is asked for the other.', 'RFC 7009 §2.2.1'),
  should('P-175', 'The refresh token is revoked before the access token.', ownRule),
  must('P-176', 'A sign-out is complete here even if the server cannot be told.', ownRule),
  must('P-177', 'The user is led to the server with a hint, the client, a way back and a state.', `${logout} §2, §3`),
  must('P-178', 'What the server must be told is gathered before it is erased here.', ownRule),
  should(
    'P-179',
    'Tokens are revoked also where the session of the browser is ended at the server.',
    'OpenID Connect Back-Channel Logout §2.7',
  ),
  may(
    'P-180',
    'The session of the server is watched in an iframe.',
    'OpenID Connect Session Management',
    'Not done: browsers keep third-party cookies from it.',
  ),
  must('P-181', 'Any token may end at any time.', 'RFC 7009 §2'),
]
