import { afterEach, describe, expect, test, vi } from 'vitest'
import { watchWake } from '../../src/signals/wake.js'

const page = Object.assign(new EventTarget(), { visibilityState: 'visible' })
const window = new EventTarget()

afterEach(() => {
  page.visibilityState = 'visible'
  vi.unstubAllGlobals()
})

/** Watches a page that is there, and counts the looks; `told` is whether each was told that the network came back. */
function watch(): { looks(): number; told(): unknown[]; stop(): void } {
  vi.stubGlobal('document', page)
  vi.stubGlobal('window', window)
  const look = vi.fn()
  const told = (): unknown[] => look.mock.calls.flat()
  return { looks: () => told().length, told, stop: watchWake(look) }
}

/** A page that is shown: again, or for the first time. */
function pageshow(persisted: boolean): Event {
  return Object.assign(new Event('pageshow'), { persisted })
}

describe('a page looks at its session', () => {
  test.each([
    ['is visible again', page, new Event('visibilitychange')],
    ['is thawed', page, new Event('resume')],
    ['comes back from the back/forward cache', window, pageshow(true)],
    ['is online again', window, new Event('online')],
    ['has the focus again', window, new Event('focus')],
  ])('when it %s', (_when, source, event) => {
    const { looks, stop } = watch()
    source.dispatchEvent(event)
    expect(looks()).toBe(1)
    stop()
    source.dispatchEvent(event)
    expect(looks()).toBe(1)
  })

  test('but not when it was just loaded: it has looked', () => {
    const { looks, stop } = watch()
    window.dispatchEvent(pageshow(false))
    expect(looks()).toBe(0)
    stop()
  })

  test('and not while nobody sees it, but then it knows that the network came back, once', () => {
    const { looks, told, stop } = watch()
    page.visibilityState = 'hidden'
    window.dispatchEvent(new Event('online'))
    expect(looks()).toBe(0)
    page.visibilityState = 'visible'
    page.dispatchEvent(new Event('visibilitychange'))
    page.dispatchEvent(new Event('visibilitychange'))
    window.dispatchEvent(new Event('online'))
    expect(told()).toEqual([true, false, true])
    stop()
  })
})
