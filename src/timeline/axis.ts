import { futureShare, items, type Item } from './axis-items.js'
import { describeAxis, hue, nameOf, stateOf } from './axis-words.js'
import { element, prefersStillness } from './dom.js'
import type { Journal, Tab } from './journal.js'
import { duration, roughly } from './times.js'

/** What the axis shows. */
export interface AxisState {
  readonly journal: Journal
  /** How long an access token lives, as far as it is known. */
  readonly lifetimeMs: number | undefined
  readonly renewEarlySeconds: number
  isSilent(tabId: string): boolean
}

/** How far the axis goes back: the first of these in which there is room for a few lifetimes of an access token. */
const spansMs = [2, 5, 10, 30, 60, 180, 480].map((minutes) => minutes * 60_000)
const lifetimesInSpan = 5
const mostLanes = 8
/** Tracks are laid out anew before they have moved so far that something is missing at their end. */
const longestRunShare = 0.2

/** A lane for the session and one for each tab, which move to the left as time goes by. */
export class Axis {
  readonly root: HTMLElement
  readonly #title = element('h3', {}, '')
  readonly #scale = element('div', { class: 'scale' })
  readonly #labels = element('div', { class: 'labels' })
  readonly #past = element('div', { class: 'track' })
  readonly #future = element('div', { class: 'track' })
  readonly #plot: HTMLElement
  readonly #chart: HTMLElement
  #motions: Animation[] = []
  #shown = ''
  #base = 0
  #spanMs = 0

  constructor() {
    this.#plot = element(
      'div',
      { class: 'plot' },
      element('div', { class: 'past' }, this.#past),
      element('div', { class: 'future' }, this.#future),
      element('div', { class: 'now' }),
    )
    this.#chart = element('div', { class: 'chart', role: 'img' }, this.#scale, this.#labels, this.#plot)
    this.root = element('section', { class: 'axis' }, this.#title, this.#chart, legend())
  }

  show(state: AxisState): void {
    const { journal, lifetimeMs = 0 } = state
    const spanMs = spansMs.find((ms) => ms >= lifetimeMs * lifetimesInSpan) ?? spansMs.at(-1) ?? 0
    const lanes = choose(state)
    const labels = lanes.map((tab) => stateOf(tab, tab.id === journal.ownId, state.isSilent(tab.id)))
    const content = JSON.stringify([journal.moments, lanes, labels, spanMs])
    const isWornOut = Math.abs(Date.now() - this.#base) > spanMs * futureShare * longestRunShare
    if (content === this.#shown && !isWornOut) return
    if (spanMs !== this.#spanMs) this.#drawScale(spanMs)
    this.#shown = content
    this.#base = Date.now()
    this.#labels.replaceChildren(
      element('div', { class: 'label session' }, 'Session'),
      ...lanes.map((tab, index) => label(tab, labels[index] ?? '')),
    )
    this.#draw(items(state, lanes, this.#base, spanMs), lanes.length + 1)
    this.#chart.setAttribute('aria-label', describeAxis(journal, lanes, labels, spanMs))
  }

  /** For those who prefer it still, the axis moves once a second. */
  tick(): void {
    if (!prefersStillness()) return
    const gone = (Date.now() - this.#base) / this.#spanMs
    this.#past.style.transform = `translateX(${-gone * 100}%)`
    this.#future.style.transform = `translateX(${(-gone / futureShare) * 100}%)`
  }

  /** Ends what moves: an animation keeps its element in memory. The next `show` begins anew. */
  rest(): void {
    this.#halt()
    this.#shown = ''
  }

  #drawScale(spanMs: number): void {
    this.#spanMs = spanMs
    this.#title.textContent = `Last ${duration(spanMs)}`
    const steps = [-1, -0.75, -0.5, -0.25, 0, futureShare]
    const marks = steps.map((step) => {
      const text = step === 0 ? 'now' : `${step < 0 ? '−' : '+'}${roughly(Math.abs(step) * spanMs)}`
      const left = `left: ${((1 + step) / (1 + futureShare)) * 100}%`
      return element('span', { style: left, class: step === 0 ? 'mark is-now' : 'mark' }, text)
    })
    this.#scale.replaceChildren(...marks)
  }

  #draw({ past, future }: { past: Item[]; future: Item[] }, rows: number): void {
    this.#plot.style.setProperty('--rows', String(rows))
    this.#past.replaceChildren(...past.map(draw))
    this.#future.replaceChildren(...future.map(draw))
    this.#halt()
    this.#run(this.#past, this.#spanMs)
    this.#run(this.#future, this.#spanMs * futureShare)
  }

  /** Moves a track by its own width while `spanMs` go by; the browser does it without a script. */
  #run(track: HTMLElement, spanMs: number): void {
    track.style.transform = ''
    if (prefersStillness()) return
    const frames = [{ transform: 'none' }, { transform: 'translateX(-100%)' }]
    this.#motions.push(track.animate(frames, { duration: spanMs, fill: 'forwards' }))
  }

  #halt(): void {
    for (const motion of this.#motions) motion.cancel()
    this.#motions = []
  }
}

/** The tabs that get a lane: this one, the open ones before those that are gone, and of these who did something last. */
function choose({ journal: { tabs, moments, ownId }, isSilent }: AxisState): Tab[] {
  const isGone = ({ id, closedAt }: Tab): boolean => closedAt !== undefined || isSilent(id)
  const lastAct = ({ id, openedAt }: Tab): number => {
    return id === ownId ? Infinity : (moments.findLast(({ tabId }) => tabId === id)?.at ?? openedAt)
  }
  const chosen = [...tabs]
    .sort((one, other) => Number(isGone(one)) - Number(isGone(other)) || lastAct(other) - lastAct(one))
    .slice(0, mostLanes)
  return tabs.filter((tab) => chosen.includes(tab))
}

function label(tab: Tab, state: string): HTMLElement {
  return element('div', { class: `label hue-${hue(tab)}` }, nameOf(tab), element('small', {}, state))
}

function draw({ kind, row, left, width, text, title, hue }: Item): HTMLElement {
  const style = `--row: ${row}; left: ${left}%${width === undefined ? '' : `; width: ${width}%`}`
  return element('div', { class: `${kind} hue-${hue ?? 'none'}`, style, title }, text ?? '')
}

function legend(): HTMLElement {
  const entries = ['renewal', 'next renewal due', 'network cut', 'no valid token'].map((name, index) =>
    element('span', {}, element('i', { class: `key-${index}` }), name),
  )
  return element('div', { class: 'legend', 'aria-hidden': true }, ...entries)
}
