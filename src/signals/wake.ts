/**
 * Calls `look` when a page may have slept, was shown again or came online: its timers cannot be trusted then. Tells it
 * whether the network has come back since the last look. Returns a function that ends it.
 */
export function watchWake(look: (isBackOnline?: boolean) => void): () => void {
  const page = globalThis.document
  let isBackOnline = false
  const lookIfVisible = ({ type, persisted }: Event & Partial<PageTransitionEvent>): void => {
    isBackOnline ||= type === 'online'
    // A page that is shown for the first time has just looked.
    if (isHidden() || persisted === false) return
    look(isBackOnline)
    isBackOnline = false
  }
  const sources: [EventTarget | undefined, string][] = [
    [page, 'visibilitychange'],
    [page, 'resume'],
    [globalThis.window, 'pageshow'],
    [globalThis.window, 'online'],
    [globalThis.window, 'focus'],
  ]
  for (const [source, type] of sources) source?.addEventListener(type, lookIfVisible)
  return () => {
    for (const [source, type] of sources) source?.removeEventListener(type, lookIfVisible)
  }
}

/** Whether nobody sees the page. */
export function isHidden(): boolean {
  return globalThis.document?.visibilityState === 'hidden'
}
