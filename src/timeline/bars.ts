import { element, prefersStillness, setText } from './dom.js'
import { duration, type Times } from './times.js'

/** What one bar shows. */
export interface BarState {
  readonly name: string
  /** Absent when no end is known. */
  readonly times?: Times | undefined
  /** The share of its life, from its end, in which it is renewed. */
  readonly earlyShare?: number | undefined
  /** What stands in place of the time that is left. */
  readonly note?: string | undefined
  /** Whether there is such a token. */
  readonly isPresent: boolean
}

const refillMs = 500
/** A meter has a length, also that of a token of which only its end was seen. */
const shortestMs = 1000
/** By how much the clock may leave the one of animations, which stands still while a device sleeps. */
const slackMs = 1000

/** A bar for each token, which counts down. */
export class Bars {
  readonly root: HTMLElement = element('div', { class: 'bars' })
  readonly #bars = new Map<string, Bar>()

  show(states: readonly BarState[]): void {
    for (const [name, bar] of this.#bars) {
      if (states.some((state) => state.name === name)) continue
      bar.root.remove()
      this.#bars.delete(name)
    }
    this.root.append(...states.map((state) => this.#bar(state.name).show(state)))
    this.tick()
  }

  /** Goes on with what is no animation: the words and, for those who prefer it still, the bars. */
  tick(): void {
    for (const bar of this.#bars.values()) bar.tick()
  }

  /** Ends what moves: an animation keeps its element in memory. It goes on with the next `show`. */
  rest(): void {
    for (const bar of this.#bars.values()) bar.rest()
  }

  #bar(name: string): Bar {
    const known = this.#bars.get(name)
    if (known) return known
    const bar = new Bar(name)
    this.#bars.set(name, bar)
    return bar
  }
}

class Bar {
  readonly root: HTMLElement
  readonly #fill = element('span', { class: 'fill' })
  readonly #early = element('span', { class: 'early' })
  readonly #meter: HTMLElement
  readonly #left = element('span', { class: 'left', 'aria-hidden': true })
  #state: BarState | undefined
  /** How far the clock was ahead of the one of animations when the bar began to run. */
  #ahead = NaN
  #motion: Animation | undefined

  constructor(name: string) {
    this.#meter = element('div', { class: 'meter' }, this.#fill, this.#early)
    const title = element('span', { class: 'bar-name', 'aria-hidden': true }, name)
    this.root = element('div', { class: 'bar' }, title, this.#meter, this.#left)
  }

  show(state: BarState): HTMLElement {
    const before = this.#state
    this.#state = state
    const { times, earlyShare = 0, isPresent } = state
    this.root.classList.toggle('endless', isPresent && !times)
    this.root.classList.toggle('absent', !isPresent)
    this.#early.style.width = `${earlyShare * 100}%`
    this.#early.hidden = earlyShare === 0
    const isSame = before && times?.from === before.times?.from && times?.to === before.times?.to
    if (!isSame) this.#animate(before)
    return this.root
  }

  tick(): void {
    const { name, times, note = '', earlyShare = 0 } = this.#state ?? { name: '' }
    if (!times) {
      setText(this.#left, note)
      this.root.classList.remove('due')
      this.#describe({ role: 'img', 'aria-label': `${name}: ${note}` })
      return
    }
    if (!(Math.abs(ahead() - this.#ahead) < slackMs)) this.#animate(this.#state)
    const left = Math.max(0, times.to - Date.now())
    const whole = Math.max(shortestMs, times.to - times.from)
    const words = left > 0 ? `${duration(left)} left` : 'expired'
    setText(this.#left, words)
    this.root.classList.toggle('due', left <= whole * earlyShare)
    if (prefersStillness()) this.#fill.style.transform = `scaleX(${left / whole})`
    this.#describe({
      role: 'meter',
      'aria-label': name,
      'aria-valuemin': 0,
      'aria-valuemax': Math.round(whole / 1000),
      'aria-valuenow': Math.round(left / 1000),
      'aria-valuetext': left > 0 ? `${words} of ${duration(whole)}` : words,
    })
  }

  rest(): void {
    this.#motion?.cancel()
    this.#ahead = NaN
  }

  /** Says what there is to see, and nothing that was said before. */
  #describe(attributes: Readonly<Record<string, string | number>>): void {
    for (const name of this.#meter.getAttributeNames()) {
      if (name.startsWith('aria-') && !(name in attributes)) this.#meter.removeAttribute(name)
    }
    for (const [name, value] of Object.entries(attributes)) this.#meter.setAttribute(name, String(value))
  }

  /** Fills the bar from where it stands, then lets it run down; the browser does it without a script. */
  #animate(before: BarState | undefined): void {
    this.#motion?.cancel()
    this.#ahead = ahead()
    const times = this.#state?.times
    this.#fill.style.transform = times ? 'scaleX(0)' : ''
    if (!times || prefersStillness()) return
    const left = times.to - Date.now()
    if (left <= refillMs) return
    const share = (at: number, { from, to } = times): number => Math.max(0, Math.min(1, (to - at) / (to - from)))
    const now = Date.now()
    const scale = (of: number): string => `scaleX(${of})`
    this.#motion = this.#fill.animate(
      [
        {
          transform: scale(before?.times ? share(now, before.times) : share(now)),
          easing: 'cubic-bezier(.2, .8, .2, 1)',
        },
        { transform: scale(share(now + refillMs)), offset: refillMs / left, easing: 'linear' },
        { transform: scale(0) },
      ],
      { duration: left, fill: 'forwards' },
    )
  }
}

function ahead(): number {
  return Date.now() - performance.now()
}
