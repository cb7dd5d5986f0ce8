// A single-page app whose user signs in once.
import '../common/style.css'
import { handleRedirectCallback, signInWithRedirect, signOutWithRedirect } from 'evergrant/browser'
import { defineTimeline } from 'evergrant/timeline'
import { network, postLogoutRedirectUri, profileUrl, redirectUri, tokens } from '../common/session.js'
import { byId, show, showAnswer, showMessage, showProfile, type Profile } from './view.js'

/** On the way back from the authorization server. */
async function comeBack(): Promise<void> {
  try {
    const { returnTo } = await handleRedirectCallback(tokens)
    history.replaceState(undefined, '', returnTo)
  } catch (error) {
    history.replaceState(undefined, '', '/')
    showMessage(error)
  }
}

let shownSession: string | undefined

/** Calls the API with the access token, whichever is current. An answer that comes when somebody else is signed in is dropped. */
async function loadProfile(): Promise<void> {
  const session = shownSession
  const startedAt = performance.now()
  const response = await tokens.fetch(profileUrl)
  const ms = performance.now() - startedAt
  const profile = response.ok ? ((await response.json()) as Profile) : undefined
  if (session !== shownSession) return
  showAnswer(response.status, ms)
  if (profile) showProfile(profile)
}

/** Shows whether somebody is signed in, and who: of the user before, nothing stays. */
function render(): void {
  const snapshot = tokens.getSnapshot()
  show(snapshot.status)
  const sessionId = snapshot.status === 'active' ? snapshot.sessionId : undefined
  if (sessionId === shownSession) return
  shownSession = sessionId
  showProfile({ name: '', email: '' })
  if (sessionId) loadProfile().catch((error: unknown) => sessionId === shownSession && showMessage(error))
}

function onClick(id: string, action: () => Promise<unknown>): void {
  byId(id).addEventListener('click', () => {
    showMessage(undefined)
    action().catch(showMessage)
  })
}

onClick('sign-in', () => signInWithRedirect(tokens, { redirectUri }))
onClick('sign-out', () => signOutWithRedirect(tokens, { postLogoutRedirectUri }))
onClick('call', loadProfile)

// Only while developing: shows what the session does.
defineTimeline()
const timeline = document.createElement('evergrant-timeline')
timeline.tokens = tokens
timeline.network = network
document.querySelector('main')?.append(timeline)

if (location.pathname === '/callback') await comeBack()
tokens.subscribe(render)
render()
