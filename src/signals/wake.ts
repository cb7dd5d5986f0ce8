/**
 * Calls `look` when a page may have slept, was shown again or came online: its timers cannot be trusted then. Returns
 * a function that ends it.
 */
export function watchWake(look: () => void): () => void {
  const page = globalThis.document
  const lookIfVisible = (): void => {
    if (!isHidden()) look()
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
