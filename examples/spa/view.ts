import { isEvergrantError, type Snapshot } from 'evergrant/browser'

/** What the API knows of the user. */
export interface Profile {
  readonly name: string
  readonly email: string
}

const endedMessage = 'Your session has ended. Please sign in again.'

export function byId(id: string): HTMLElement {
  const element = document.getElementById(id)
  if (!element) throw new Error(`the page has no #${id}`)
  return element
}

/** Shows what fits: the page of somebody who is signed in, or the way to get there. */
export function show(status: Snapshot['status']): void {
  const isSignedIn = status === 'active'
  byId('welcome').hidden = isSignedIn || status === 'starting'
  byId('account').hidden = !isSignedIn
  byId('sign-out').hidden = !isSignedIn
  const message = byId('message')
  if (status === 'ended') message.textContent = endedMessage
  else if (message.textContent === endedMessage) message.textContent = ''
}

export function showProfile({ name, email }: Profile): void {
  byId('name').textContent = name
  byId('email').textContent = email
  byId('initial').textContent = name.slice(0, 1)
}

export function showAnswer(status: number, ms: number): void {
  byId('answer').textContent = `GET /me → ${status}, ${Math.round(ms)} ms`
}

export function showMessage(error: unknown): void {
  const text = isEvergrantError(error)
    ? `${error.message} (${error.code})`
    : error instanceof Error
      ? error.message
      : ''
  byId('message').textContent = text
}
