// A page with a session that all of its tabs share and that survives reloads.
import { createTokenManager } from 'evergrant/browser'
import { callApi } from '../call-api.js'
import { beginSignIn, finishSignIn, type PendingSignIn } from '../code-flow.js'
import { reportChanges, type Report } from '../report.js'
import { show, showEvent } from './view.js'

/** What the page is told by the server it comes from. */
export interface PageSettings {
  readonly issuer: string
  readonly clientId: string
  readonly accessTokenSeconds: number
}

const pauseMs = 1000

const settings = (await (await fetch('/settings')).json()) as PageSettings
const application = { ...settings, redirectUri: `${location.origin}/` }
const name = (sessionStorage['name'] ??= `tab ${crypto.randomUUID().slice(0, 2)}`) as string

const tokens = createTokenManager({ issuer: settings.issuer, clientId: settings.clientId })

async function signIn(): Promise<void> {
  const pending = await beginSignIn(application)
  sessionStorage['sign-in'] = JSON.stringify(pending)
  location.assign(pending.url)
}

/** On the way back from the server. */
async function comeBack(): Promise<void> {
  const pending = JSON.parse(sessionStorage['sign-in'] as string) as PendingSignIn
  await tokens.setTokens(await finishSignIn(application, pending, new URL(location.href)))
  history.replaceState(undefined, '', '/')
}

async function useApi(): Promise<void> {
  if (tokens.getSnapshot().status === 'active') {
    const { ok, status } = await callApi(tokens, '/api')
    if (!ok) throw new Error(`the API answered ${status}`)
  }
}

/** What fails because the page goes away is no failure. */
let isLeaving = false

function report(report: Report): void {
  if (isLeaving) return
  navigator.sendBeacon('/report', JSON.stringify({ name, report }))
  if (report.type === 'event' || report.type === 'failedCall') showEvent(report.text)
}

function reportFailure(error: unknown): void {
  report({ type: 'event', text: String(error) })
}

function onClick(id: string, action: () => Promise<unknown>): void {
  document.getElementById(id)?.addEventListener('click', () => void action().catch(reportFailure))
}

function render(): void {
  show(tokens.getSnapshot(), settings.accessTokenSeconds)
}

tokens.subscribe(render)
setInterval(render, 100)
reportChanges(tokens, report)

onClick('sign-in', signIn)
onClick('sign-out', () => tokens.signOut())
addEventListener('pageshow', () => (isLeaving = false))
addEventListener('pagehide', () => {
  report({ type: 'left' })
  isLeaving = true
})
document.title = `evergrant · ${name}`

if (new URLSearchParams(location.search).has('code')) await comeBack().catch(reportFailure)
for (;;) {
  await useApi().catch((error: unknown) => report({ type: 'failedCall', text: String(error) }))
  await new Promise((resolve) => setTimeout(resolve, pauseMs))
}
