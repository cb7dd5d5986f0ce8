import { bindings, calls, proofs } from './access.js'
import { answers, persistence } from './answers.js'
import { concurrency, failures, scheduling } from './concurrency.js'
import { endings, introspection } from './endings.js'
import { ideas } from './ideas.js'
import { idToken } from './id-token.js'
import { introspectionMembers, messages } from './messages.js'
import type { Requirement } from './requirement.js'
import { clientAuthentication, requests } from './requests.js'
import { browserStorage, devices, horizon, metadata, redirects } from './sign-in.js'
import { systems } from './systems.js'

/** Requirements that belong together, under a heading. */
export interface Section {
  readonly title: string
  readonly requirements: readonly Requirement[]
}

/** All that is required of this package, in the order of the table. */
export const sections: readonly Section[] = [
  { title: 'Refresh tokens', requirements: ideas },
  { title: 'Clients, servers and endpoints', requirements: systems },
  { title: 'Requests and answers, member by member', requirements: messages },
  { title: 'Introspection, member by member', requirements: introspectionMembers },
  { title: 'Requests', requirements: requests },
  { title: 'Client authentication', requirements: clientAuthentication },
  { title: 'Answers with tokens', requirements: answers },
  { title: 'Storage', requirements: persistence },
  { title: 'Many holders', requirements: concurrency },
  { title: 'Failures and retries', requirements: failures },
  { title: 'Schedule and clocks', requirements: scheduling },
  { title: 'ID tokens', requirements: idToken },
  { title: 'Calls to APIs', requirements: calls },
  { title: 'DPoP', requirements: proofs },
  { title: 'Mutual TLS and resources', requirements: bindings },
  { title: 'Introspection', requirements: introspection },
  { title: 'Revocation and sign-out', requirements: endings },
  { title: 'Metadata', requirements: metadata },
  { title: 'Devices', requirements: devices },
  { title: 'Redirects', requirements: redirects },
  { title: 'Storage in browsers', requirements: browserStorage },
  { title: 'The end of refresh tokens', requirements: horizon },
]
