/** The browser engines in which every browser test runs. */
export const engineNames = ['chromium', 'firefox', 'webkit'] as const

export type EngineName = (typeof engineNames)[number]

/** A browser that runs on a profile of its own. */
export interface Engine {
  readonly name: EngineName
  readonly version: string
  /**
   * Opens a tab. All tabs of an engine share one profile, and with it storage, channels and locks. Each counts as visible, so
   * that none has its timers slowed down.
   */
  openTab(url: string): Promise<Tab>
  /** Ends the browser with all its processes, and removes its profile. */
  close(): Promise<void>
}

/** A tab. Whatever takes a selector waits until there is such an element and it can be seen. */
export interface Tab {
  /**
   * Runs `work` in the page, and resolves to what it returns, or rejects with the message of what it throws. It takes nothing
   * from around it; JSON carries its arguments and its result. It also rejects when the page goes away before it is done.
   */
  evaluate<A extends unknown[], R>(work: (...args: A) => R | Promise<R>, ...args: A): Promise<R>
  goto(url: string): Promise<void>
  reload(): Promise<void>
  back(): Promise<void>
  url(): Promise<string>
  click(selector: string): Promise<void>
  /** Replaces the text of an input, key by key. */
  fill(selector: string, text: string): Promise<void>
  waitFor(selector: string): Promise<void>
  /** A PNG of what can be seen. */
  screenshot(): Promise<Buffer>
  /** Does nothing when the tab is closed already. */
  close(): Promise<void>
}

/** How an engine is found and started. */
export interface EngineKind {
  /** The Debian packages that it needs. */
  readonly packages: readonly string[]
  /** The path of its program, if everything that it needs is installed. */
  find(): string | undefined
  launch(path: string): Promise<Engine>
}
