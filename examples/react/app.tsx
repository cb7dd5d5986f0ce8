import { signInWithRedirect, signOutWithRedirect } from 'evergrant/browser'
import { useState, type ReactNode } from 'react'
import { postLogoutRedirectUri, redirectUri, tokens } from '../common/session.js'
import { Account } from './account.js'
import { Timeline } from './timeline.js'
import { useSession } from './use-session.js'

/** @param failure what went wrong on the way back from the authorization server */
export function App({ failure }: { failure: string }): ReactNode {
  const session = useSession()
  const [message, setMessage] = useState(failure)
  const run = (action: Promise<void>): void => void action.catch((error: Error) => setMessage(error.message))
  const isSignedIn = session.status === 'active'
  const isSignedOut = session.status === 'signed_out' || session.status === 'ended'
  return (
    <>
      <header className="top">
        <span className="brand">evergrant</span>
        <span className="kind">React</span>
        {isSignedIn && (
          <button onClick={() => run(signOutWithRedirect(tokens, { postLogoutRedirectUri }))}>Sign out</button>
        )}
      </header>
      <main>
        {isSignedIn && <Account key={session.sessionId} />}
        {isSignedOut && <Welcome onSignIn={() => run(signInWithRedirect(tokens, { redirectUri }))} />}
        <p role="alert">{session.status === 'ended' ? 'Your session has ended. Please sign in again.' : message}</p>
        <Timeline />
      </main>
    </>
  )
}

function Welcome({ onSignIn }: { onSignIn: () => void }): ReactNode {
  return (
    <section className="card welcome">
      <h1>Sign in once.</h1>
      <p>The session renews itself, in every tab, until you sign out.</p>
      <button className="primary" onClick={onSignIn}>
        Sign in
      </button>
    </section>
  )
}
