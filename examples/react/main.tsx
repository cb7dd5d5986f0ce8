// The same app as examples/spa, in React.
import '../common/style.css'
import { handleRedirectCallback } from 'evergrant/browser'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { tokens } from '../common/session.js'
import { App } from './app.js'

/** On the way back from the authorization server. Done once, before anything is rendered. */
async function comeBack(): Promise<string> {
  try {
    const { returnTo } = await handleRedirectCallback(tokens)
    history.replaceState(undefined, '', returnTo)
    return ''
  } catch (error) {
    history.replaceState(undefined, '', '/')
    return error instanceof Error ? error.message : String(error)
  }
}

const failure = location.pathname === '/callback' ? await comeBack() : ''
createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <App failure={failure} />
  </StrictMode>,
)
