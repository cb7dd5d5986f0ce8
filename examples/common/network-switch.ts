/** A network that can be cut, to see what an application does without one. */
export interface NetworkSwitch {
  isOnline(): boolean
  setOnline(isOnline: boolean): void
  /** The global `fetch`, which fails as without a network while it is cut. */
  readonly fetch: typeof fetch
}

export function createNetworkSwitch(): NetworkSwitch {
  let isConnected = true
  return {
    isOnline: () => isConnected,
    setOnline(isOnline) {
      isConnected = isOnline
      // What a browser does, by which the token manager learns that it can go on.
      dispatchEvent(new Event(isOnline ? 'online' : 'offline'))
    },
    fetch: (input, init) => (isConnected ? fetch(input, init) : Promise.reject(new TypeError('Failed to fetch'))),
  }
}
