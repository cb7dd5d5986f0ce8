import { hue } from './axis-words.js'
import { element, setText } from './dom.js'
import type { Entry, Log } from './log.js'
import { age } from './times.js'

/** The log as a list. */
export class LogView {
  readonly root: HTMLElement
  readonly #list = element('ol')
  readonly #nothing = element('p', { class: 'nothing' }, 'Nothing has happened yet.')
  #shown: readonly string[] = []

  constructor(private readonly log: Log) {
    const title = element('h3', { id: 'events' }, 'Events')
    const scroller = element(
      'div',
      { class: 'log', role: 'region', tabindex: 0, 'aria-labelledby': 'events' },
      this.#list,
      this.#nothing,
    )
    this.root = element('section', { class: 'events' }, title, scroller)
  }

  show(): void {
    const { entries } = this.log
    const lines = entries.map((entry) => `${entry.at} ${entry.title} ${this.log.author(entry)}`)
    if (lines.join() !== this.#shown.join()) {
      const fresh = lines.length - this.#shown.length
      this.#list.replaceChildren(...entries.map((entry, index) => this.#line(entry, index < fresh)))
      this.#shown = lines
    }
    this.#nothing.hidden = entries.length > 0
    this.tick()
  }

  tick(): void {
    const now = Date.now()
    this.#list.querySelectorAll('time').forEach((time, index) => {
      setText(time, age(now - (this.log.entries[index]?.at ?? now)))
    })
  }

  #line(entry: Entry, isFresh: boolean): HTMLElement {
    const { at, tone, title, detail } = entry
    const date = new Date(at)
    const author = this.log.authorTab(entry)
    const classes = [tone, author ? `hue-${hue(author)}` : '', isFresh ? 'fresh' : '']
    return element(
      'li',
      { class: classes.join(' ') },
      element('span', { class: 'title' }, `${title} ${this.log.author(entry)}`.trim()),
      element('span', { class: 'detail' }, detail ?? ''),
      element('time', { datetime: date.toISOString(), title: date.toLocaleTimeString() }),
    )
  }
}
