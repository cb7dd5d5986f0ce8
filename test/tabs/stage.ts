import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine, EngineName, Tab } from '../support/engines/engine.js'
import { launchChromium } from '../support/engines/chromium.js'
import { findEngine, launchEngine } from '../support/engines/launch.js'
import type { TabMutant } from './mutants.js'
import { Random } from '../simulation/random.js'
import type { CampaignPage } from './page.js'
import { Witness, type WitnessOptions } from './witness.js'

declare const window: Window & CampaignPage

/** What a case is run with. */
export interface CaseOptions {
  readonly engine: Engine
  readonly seed: number
  /** How long it goes on; each case says what its rounds are. */
  readonly rounds: number
  /** Fewer or more than the issue demands. */
  readonly tabs?: number | undefined
  /** Breaks the code that runs in the pages, to show that the case notices. */
  readonly mutant?: TabMutant | undefined
  /** Is told from time to time how far it has got. */
  log?(line: string): void
}

/** What came of a case: its figures, and what of them is not as promised. */
export interface CaseResult {
  readonly figures: Readonly<Record<string, unknown>>
  readonly faults: readonly string[]
}

/** A tab of a case, by the name that its requests and reports carry. */
export interface StagedTab {
  readonly name: string
  readonly tab: Tab
}

const longestStartSeconds = 30
const longestFinishMs = 20_000

/** Starts an engine as its users have it: with a back/forward cache. */
export function launchAsUsed(name: EngineName): Promise<Engine> {
  const path = findEngine(name)
  return name === 'chromium' && path !== undefined
    ? launchChromium(path, { backForwardCache: true })
    : launchEngine(name)
}

/** Tabs of one engine that share one session, and the server that sees it all. */
export class Stage {
  readonly tabs: StagedTab[] = []
  readonly random: Random
  #opened = 0

  private constructor(
    readonly options: CaseOptions,
    readonly witness: Witness,
    private readonly query: string,
  ) {
    this.random = new Random(options.seed)
  }

  /** @param query further parameters of the pages, such as `ask=100` for those that ask for a token every 100 ms */
  static async open(options: CaseOptions, witness: WitnessOptions, query = ''): Promise<Stage> {
    const { mutant } = options
    return new Stage(options, await Witness.start({ ...witness, mutant }), query)
  }

  async openTab(): Promise<StagedTab> {
    const name = `tab-${++this.#opened}`
    const staged = { name, tab: await this.options.engine.openTab(`${this.witness.url}/?tab=${name}&${this.query}`) }
    this.tabs.push(staged)
    return staged
  }

  /** Opens as many tabs, and signs alice in on the first. Resolves when all of them know. */
  async openSignedIn(count: number): Promise<void> {
    for (let opened = 0; opened < count; opened++) await this.openTab()
    await this.signIn(this.tabs[0] as StagedTab)
    await Promise.all(this.tabs.map(({ tab }) => untilActive(tab)))
  }

  /** Signs alice in on a tab, with tokens that are a few seconds old; resolves to what the session is called. */
  async signIn({ tab }: StagedTab, secondsAgo = 0): Promise<{ family: number; sessionId: string }> {
    const response = await this.witness.server.signIn()
    this.witness.noteTokens(response as Record<string, string>)
    const { family } = this.witness.server.inspect(response.refresh_token ?? '') ?? { family: -1 }
    const sessionId = await tab.evaluate(
      async (response, secondsAgo) => {
        await window.tokens.setTokens(response, { receivedAt: Date.now() - secondsAgo * 1000 })
        const snapshot = window.tokens.getSnapshot()
        return snapshot.status === 'active' ? snapshot.sessionId : ''
      },
      response,
      secondsAgo,
    )
    return { family, sessionId }
  }

  /** A tab at random, of those that `isFit`. */
  pickTab(isFit: (tab: StagedTab) => boolean = () => true): StagedTab {
    return this.random.pick(this.tabs.filter(isFit))
  }

  /** Takes a tab out; whoever calls closes it, or has it closed. */
  forget(staged: StagedTab): void {
    this.tabs.splice(this.tabs.indexOf(staged), 1)
  }

  /** Lets all tabs make an end of what they wait for, and tell the rest. Resolves to the names of those that do not. */
  async finish(): Promise<string[]> {
    const finish = async ({ name, tab }: StagedTab): Promise<string | undefined> => {
      const isOver = tab.evaluate(() => window.finish()).then(() => true)
      return (await Promise.race([isOver.catch(() => false), sleep(longestFinishMs, false)])) ? undefined : name
    }
    const stuck = await Promise.all(this.tabs.map(finish))
    return stuck.filter((name) => name !== undefined)
  }

  /** Closes the tabs and ends the server. The engine stays for the next case. */
  async close(): Promise<void> {
    await Promise.all(this.tabs.map(({ tab }) => Promise.race([tab.close().catch(() => undefined), sleep(5000)])))
    this.witness.close()
  }
}

/** Runs a case on a stage that is cleared away afterwards. */
export async function onStage(
  opening: Promise<Stage>,
  play: (stage: Stage) => Promise<CaseResult>,
): Promise<CaseResult> {
  const stage = await opening
  try {
    const { figures, faults } = await play(stage)
    return { figures: { tabs: stage.tabs.length, ...figures }, faults }
  } finally {
    await stage.close()
  }
}

/** Says which of these statements are true of a run that must not be. */
export function faultsOf(...checks: readonly (readonly [fault: string, isFault: boolean])[]): string[] {
  return checks.filter(([, isFault]) => isFault).map(([fault]) => fault)
}

async function untilActive(tab: Tab): Promise<void> {
  const isActive = await tab.evaluate(async (seconds) => {
    for (let count = 0; count < seconds * 50; count++) {
      if (window.tokens.getSnapshot().status === 'active') return true
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return false
  }, longestStartSeconds)
  if (!isActive) throw new Error(`a tab did not hear of the session within ${longestStartSeconds} s`)
}
