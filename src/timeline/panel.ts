import type { TokenManager } from '../core/token-manager.js'
import { Axis } from './axis.js'
import { Bars, type BarState } from './bars.js'
import { Controls } from './controls.js'
import { element, setText } from './dom.js'
import type { TimelineNetwork } from './element.js'
import type { Moment } from './journal.js'
import { LogView } from './log-view.js'
import { Log } from './log.js'
import { recall, remember } from './memory.js'
import { styles } from './styles.js'
import { Tabs } from './tabs.js'
import { earlyShare } from './times.js'
import { Watcher } from './watcher.js'

const tickMs = 1000
const oneDayMs = 24 * 3_600_000

const statuses = {
  none: 'No session given',
  starting: 'Starting',
  active: 'Active',
  trouble: 'Active, renewal fails',
  signed_out: 'Signed out',
  ended: 'Ended',
} as const

/** The inside of the element. */
export class Panel {
  renewEarlySeconds = 60
  #tokens: TokenManager | undefined
  #network: TimelineNetwork | undefined
  #watcher: Watcher | undefined
  #ticking: ReturnType<typeof setInterval> | undefined
  #isDrawingPlanned = false

  readonly #journal = recall()
  readonly #announcement = element('p', { class: 'announcement', role: 'status' })
  readonly #log = new Log(this.#journal, (announcement) => {
    if (announcement !== undefined) this.#announce(announcement)
    this.#draw()
  })
  readonly #tabs = new Tabs(this.#journal, () => this.#draw())
  readonly #status = element('span', { class: 'status' })
  readonly #summary = element('span', { class: 'summary' })
  readonly #bars = new Bars()
  readonly #axis = new Axis()
  readonly #logView = new LogView(this.#log)
  readonly #controls = new Controls({
    tokens: () => this.#tokens,
    log: this.#log,
    isOnline: () => this.#network?.isOnline(),
    setOnline: (isOnline) => this.#setOnline(isOnline),
  })

  constructor(private readonly host: HTMLElement) {
    const title = element('h2', { id: 'title' }, 'Session timeline')
    const head = element('header', {}, title, this.#status, this.#summary, this.#controls.root)
    const frame = element(
      'section',
      { class: 'panel', lang: 'en', dir: 'ltr', 'aria-labelledby': 'title' },
      head,
      element('section', { class: 'tokens' }, element('h3', {}, 'Tokens'), this.#bars.root),
      this.#axis.root,
      this.#logView.root,
      this.#announcement,
    )
    const root = host.attachShadow({ mode: 'open' })
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(styles)
    root.adoptedStyleSheets = [sheet]
    root.append(frame)
  }

  get tokens(): TokenManager | undefined {
    return this.#tokens
  }
  set tokens(tokens: TokenManager | undefined) {
    if (tokens === this.#tokens) return
    this.#tokens = tokens
    if (this.#ticking) this.#watch()
  }

  get network(): TimelineNetwork | undefined {
    return this.#network
  }
  set network(network: TimelineNetwork | undefined) {
    this.#network = network
    if (this.#ticking) this.#draw()
  }

  start(): void {
    this.#watch()
    this.#join()
    addEventListener('pagehide', this.#leave)
    addEventListener('pageshow', this.#join)
    this.#ticking = setInterval(() => this.#tick(), tickMs)
  }

  stop(): void {
    clearInterval(this.#ticking)
    this.#ticking = undefined
    removeEventListener('pagehide', this.#leave)
    removeEventListener('pageshow', this.#join)
    this.#leave()
    this.#watcher?.end()
    this.#watcher = undefined
    this.#bars.rest()
    this.#axis.rest()
  }

  #join = (): void => this.#tabs.join()

  #leave = (): void => {
    this.#tabs.leave()
    remember(this.#journal)
  }

  #watch(): void {
    this.#watcher?.end()
    this.#watcher =
      this.#tokens &&
      new Watcher(this.#tokens, {
        journal: this.#journal,
        log: this.#log,
        onMoment: (moment) => this.#note(moment),
        onChange: () => this.#draw(),
      })
    this.#draw()
  }

  #note(moment: Moment): void {
    this.#journal.add(moment)
    this.#tabs.tell(moment)
  }

  #setOnline(isOnline: boolean): void {
    const { cuts } = this.#journal.own
    const [now, last] = [Date.now(), cuts.at(-1)]
    this.#journal.changeOwn({
      cuts: isOnline ? [...cuts.slice(0, -1), { from: last?.from ?? now, to: now }] : [...cuts, { from: now }],
    })
    this.#network?.setOnline(isOnline)
    this.#tabs.tell()
    const detail = { online: isOnline }
    this.host.dispatchEvent(new CustomEvent('evergrant-network', { detail, bubbles: true, composed: true }))
    this.#draw()
  }

  /** Has a screen reader say a text. The same text again has to differ, or it is no change, and nothing is said. */
  #announce(text: string): void {
    const isSaid = this.#announcement.textContent === text
    setText(this.#announcement, isSaid ? `${text}\u00a0` : text)
  }

  #tick(): void {
    this.#journal.forget(Date.now() - oneDayMs)
    this.#bars.tick()
    this.#logView.tick()
    this.#drawAxis()
    this.#axis.tick()
  }

  /** Draws after everything that happens now has happened. */
  #draw(): void {
    if (this.#isDrawingPlanned) return
    this.#isDrawingPlanned = true
    queueMicrotask(() => {
      this.#isDrawingPlanned = false
      if (!this.#ticking) return
      this.#drawHead()
      this.#bars.show(this.#barStates())
      this.#controls.show()
      this.#drawAxis()
      this.#logView.show()
    })
  }

  #drawHead(): void {
    const snapshot = this.#tokens?.getSnapshot()
    const hasTrouble = snapshot?.status === 'active' && snapshot.error !== undefined
    const status = hasTrouble ? 'trouble' : (snapshot?.status ?? 'none')
    setText(this.#status, statuses[status])
    this.#status.dataset['status'] = status
    const facts = snapshot?.status === 'active' ? [snapshot.identity?.sub, `generation ${snapshot.generation}`] : []
    const why = status === 'ended' ? undefined : snapshot?.error?.code
    setText(this.#summary, [...facts, why].filter((fact) => fact !== undefined).join(' · '))
  }

  #drawAxis(): void {
    this.#axis.show({
      journal: this.#journal,
      lifetimeMs: this.#lifetimeMs(),
      renewEarlySeconds: this.renewEarlySeconds,
      isSilent: (id) => this.#tabs.isSilent(id),
    })
  }

  /** How long access tokens live: what the last one whose beginning was seen does. */
  #lifetimeMs(): number | undefined {
    const { at, expiresAt } =
      this.#journal.moments.findLast(({ kind }) => kind === 'renewed' || kind === 'signedIn') ?? {}
    return at === undefined || expiresAt === undefined ? undefined : expiresAt - at
  }

  #barStates(): BarState[] {
    const snapshot = this.#tokens?.getSnapshot()
    if (snapshot?.status !== 'active') {
      const note = snapshot?.status === 'starting' ? 'not known yet' : 'none'
      return ['Access token', 'Refresh token'].map((name) => ({ name, note, isPresent: false }))
    }
    const { sessionId, generation, expiresAt, endsAt } = snapshot
    const idToken = this.#watcher?.idToken
    const { kind, at = Date.now() } = this.#journal.latest(sessionId, generation) ?? {}
    const lifetimeMs = this.#lifetimeMs() ?? (expiresAt ?? at) - at
    const from = kind === 'found' && expiresAt !== undefined ? expiresAt - lifetimeMs : at
    const bar = (name: string, to: number | undefined): BarState => {
      return to === undefined
        ? { name, note: 'no end known', isPresent: true }
        : { name, times: { from, to }, isPresent: true }
    }
    const share = expiresAt && earlyShare(lifetimeMs, this.renewEarlySeconds)
    return [
      { ...bar('Access token', expiresAt), earlyShare: share },
      ...(idToken ? [{ name: 'ID token', times: idToken, isPresent: true }] : []),
      bar('Refresh token', endsAt),
    ]
  }
}
