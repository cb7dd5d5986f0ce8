import { setTimeout as sleep } from 'node:timers/promises'

const longestCommandMs = 60_000
const longestStartMs = 10_000

interface Reply<T> {
  readonly value: T & { readonly error?: string; readonly message?: string }
}

/** Makes one request to a driver: see https://www.w3.org/TR/webdriver2/#endpoints */
async function request<T>(method: string, url: string, body?: object): Promise<T> {
  const signal = AbortSignal.timeout(longestCommandMs)
  const response = await fetch(url, { method, signal, ...(body && { body: JSON.stringify(body) }) })
  const { value } = (await response.json()) as Reply<T>
  if (!response.ok) throw new Error(`${value.error}: ${value.message}`)
  return value
}

/** A session of WebDriver. It has one current window, so the windows take turns. */
export class WebDriverSession {
  private turn: Promise<unknown> = Promise.resolve()
  private current: string | undefined

  private constructor(
    private readonly address: string,
    private readonly first: string,
    readonly browserVersion: string,
  ) {}

  /** Waits until the driver is up, and begins a session. */
  static async begin(driver: string): Promise<WebDriverSession> {
    for (const giveUpAt = performance.now() + longestStartMs; ; await sleep(50)) {
      const isUp = await request('GET', `${driver}/status`).catch(() => undefined)
      if (isUp) break
      if (performance.now() > giveUpAt) throw new Error('the driver does not answer')
    }
    const { sessionId, capabilities } = await request<{
      sessionId: string
      capabilities: { browserVersion: string }
    }>('POST', `${driver}/session`, { capabilities: {} })
    const address = `${driver}/session/${sessionId}`
    return new WebDriverSession(address, await request('GET', `${address}/window`), capabilities.browserVersion)
  }

  /** Opens a window next to the first one, which stays as the session would end with the last; resolves to its handle. */
  async openWindow(): Promise<string> {
    const { handle } = await this.inWindow(this.first, () =>
      this.post<{ handle: string }>('/window/new', { type: 'window' }),
    )
    return handle
  }

  /** Runs commands in a window, with nobody else's between them. */
  inWindow<T>(handle: string, commands: () => Promise<T>): Promise<T> {
    return this.inTurn(async () => {
      if (this.current !== handle) await this.post('/window', { handle })
      this.current = handle
      return commands()
    })
  }

  get<T>(path: string): Promise<T> {
    return request('GET', this.address + path)
  }

  post<T = void>(path: string, body: object = {}): Promise<T> {
    return request('POST', this.address + path, body)
  }

  /** Closes the current window. */
  async closeWindow(): Promise<void> {
    await request('DELETE', `${this.address}/window`)
    this.current = undefined
  }

  async end(): Promise<void> {
    await request('DELETE', this.address)
  }

  private inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.turn.then(run)
    this.turn = result.catch(() => undefined)
    return result
  }
}
