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

/** Calls the API with the access token, whichever is current. */
async function loadProfile(): Promise<void> {
  const startedAt = performance.now()
  const response = await tokens.fetch(profileUrl)
  showAnswer(response.status, performance.now() - startedAt)
  if (response.ok) showProfile((await response.json()) as Profile)
}

let shownSession: string | undefined

/** Shows whether somebody is signed in, and who when that is somebody else than before. */
function render(): void {
  const snapshot = tokens.getSnapshot()
  show(snapshot.status)
  const sessionId = snapshot.status === 'active' ? snapshot.sessionId : undefined
  if (sessionId && sessionId !== shownSession) loadProfile().catch(showMessage)
  shownSession = sessionId
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
