import { must, note, should, type Requirement } from './requirement.js'

/** The kinds of clients and servers, and the endpoints. */
export const systems: readonly Requirement[] = [
  must('F-040', 'A native app renews without a secret.', 'RFC 6749 §2.1'),
  must('F-041', 'A page signs in, renews and signs out without a secret.', 'RFC 10017 §6.3'),
  must('F-042', 'A web client proves itself in the Authorization header.', 'RFC 6749 §2.3.1'),
  must(
    'F-043',
    'A television signs in once with another device, and is still signed in when it is switched on again.',
    'RFC 8628 §3',
  ),
  must('F-044', 'A service without a user gets tokens by its own credentials.', 'RFC 6749 §4.4'),
  must(
    'F-045',
    'A token can be renewed, asked for with a least validity, or used by a fetch that adds it.',
    'Okta, refresh tokens',
  ),
  must('F-046', 'Renewing ahead is on by default, and can be turned off.', 'Okta, refresh tokens'),
  note('F-047', 'Some SDKs of other languages do not renew.', 'Okta, refresh tokens', 'Says nothing of this one.'),
  must('F-048', 'The core works with any framework.', 'Okta, refresh tokens'),
  must('F-049', 'An example shows a renewal by hand.', 'Okta, refresh tokens'),
  must('F-050', 'Endpoints come from the metadata of the issuer, whatever kind of server it is.', 'RFC 8414 §3'),
  must('F-060', 'Tokens are renewed at the token endpoint.', 'RFC 6749 §6'),
  must('F-061', 'Tokens can be introspected at the server that issued them.', 'RFC 7662 §2'),
  must('F-062', 'Tokens can be revoked.', 'RFC 7009 §2'),
  must('F-063', 'A sign-in by redirect goes to the authorization endpoint.', 'RFC 6749 §4.1.1'),
  must('F-064', 'A sign-in with a device begins at the device authorization endpoint.', 'RFC 8628 §3.1'),
  must('F-065', 'A sign-out leads the browser to the end session endpoint.', 'OpenID Connect RP-Initiated Logout §2'),
  should(
    'F-066',
    'Keys of the server are fetched, kept, and fetched anew for an unknown key id.',
    'OpenID Connect Core §10.1.1',
    'Not done: signatures are not checked on tokens that come straight from the token endpoint (decision 3).',
  ),
  must('F-067', 'The userinfo endpoint is called with the access token like any API.', 'OpenID Connect Core §5.3'),
  must('F-068', 'Metadata are found at either well-known address.', 'RFC 8414 §3'),
  note(
    'F-069',
    'Clients are registered through the management API of the server.',
    'Okta, Apps API',
    'Never called by the SDK; the script that sets up an org is tested by itself.',
  ),
  must('F-070', 'The user is shown where to enter which code.', 'RFC 8628 §3.3'),
]
