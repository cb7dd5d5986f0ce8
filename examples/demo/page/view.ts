import type { Snapshot } from 'evergrant'

const mostEvents = 12
const statuses = {
  starting: 'starting',
  active: 'signed in',
  signed_out: 'signed out',
  ended: 'session ended',
} as const

/** Shows a session: whether there is one, how often it was renewed, and how long its access token still lives. */
export function show(snapshot: Snapshot, accessTokenSeconds: number): void {
  const isActive = snapshot.status === 'active'
  const { generation, expiresAt = 0, identity } = isActive ? snapshot : {}
  const seconds = Math.max(0, (expiresAt - Date.now()) / 1000)
  document.body.dataset['status'] = snapshot.status
  setText('status', statuses[snapshot.status])
  setText('who', identity ? `as ${identity.sub}` : '')
  setText('generation', isActive ? String(generation) : '–')
  setText('seconds', isActive ? `${seconds.toFixed(1)} s` : '–')
  setText('error', snapshot.error ? `${snapshot.error.code}: ${snapshot.error.message}` : '')
  byId('left').style.width = `${Math.min(100, (100 * seconds) / accessTokenSeconds)}%`
}

/** Adds a line to the list, on top. */
export function showEvent(text: string): void {
  const item = document.createElement('li')
  const time = document.createElement('time')
  time.textContent = new Date().toLocaleTimeString()
  item.append(time, text)
  byId('events').prepend(item)
  byId('events').children[mostEvents]?.remove()
}

function setText(id: string, text: string): void {
  byId(id).textContent = text
}

function byId(id: string): HTMLElement {
  const element = document.getElementById(id)
  if (!element) throw new Error(`the page has no #${id}`)
  return element
}
