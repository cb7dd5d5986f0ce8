import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../browser/manager-server.js'
import type { CampaignPage } from './page.js'
import { rendererOf } from './renderer.js'
import type { Stage, StagedTab } from './stage.js'

declare const window: Window & CampaignPage

/** What happens to one tab in the middle of a renewal, its own or that of another tab. */
export interface RoundKind {
  readonly needsChromium?: boolean
  /** Whether what the tab was doing is lost, or late, so that another one may have to do it again. */
  readonly isLoss: boolean
  /** Done while it is not known yet which tab it will be. */
  readonly prepare?: (stage: Stage, pids: Map<StagedTab, number>) => Promise<void>
  readonly play: (stage: Stage, victim: StagedTab, pids: ReadonlyMap<StagedTab, number>) => Promise<void>
}

const longestAwayMs = 1500
const longestHoldMs = 3000
const shortStopMs = 2000
/** Longer than the others leave a holder alone, and long enough for a call of theirs to give up. */
const longStopMs = 13_000
const longestCloseMs = 5000
const longestAnswerMs = 5000

async function close(stage: Stage, victim: StagedTab): Promise<void> {
  stage.forget(victim)
  await victim.tab.close()
  await stage.openTab()
}

async function reload(_stage: Stage, { tab }: StagedTab): Promise<void> {
  await tab.reload()
}

/** To another page and back, so that the first one is in the back/forward cache meanwhile. */
async function navigate(stage: Stage, victim: StagedTab): Promise<void> {
  const { tab, name } = victim
  const { tally, url } = stage.witness
  await tab.goto(`${url}/elsewhere`)
  await sleep(stage.random.below(longestAwayMs))
  const wentBackAt = performance.now()
  // Playwright loses sight of a page that comes back out of the cache, and waits for it in vain.
  if (stage.options.engine.name !== 'chromium') await tab.back()
  else await tab.evaluate(() => void setTimeout(() => history.back()))
  await until(() => (tally.givenAt.get(name) ?? 0) > wentBackAt).catch(async () => {
    throw new Error(`a tab that has come back gives no sign: ${await doingIn(victim)}`)
  })
  if (stage.options.engine.name !== 'chromium') return
  stage.forget(victim)
  await Promise.race([tab.close(), sleep(longestCloseMs)])
  await stage.openTab()
}

async function doingIn({ tab }: StagedTab): Promise<string> {
  const doing = tab.evaluate(() => window.doing()).catch(() => 'it runs no page of ours')
  return Promise.race([doing, sleep(longestAnswerMs, 'it does not answer')])
}

/** Code of somebody else on the same origin takes the lock away, and keeps it for a while. */
async function steal(stage: Stage, { tab }: StagedTab): Promise<void> {
  await tab.evaluate(
    async (name, holdMs) => {
      const hold = () => new Promise((resolve) => setTimeout(resolve, holdMs))
      await navigator.locks.request(name, { steal: true }, hold).catch(() => undefined)
    },
    `evergrant ${stage.witness.url} client default`,
    stage.random.below(longestHoldMs),
  )
}

async function listen(_stage: Stage, { tab }: StagedTab): Promise<void> {
  await tab.evaluate(() => window.callBack())
}

async function findRenderers({ tabs }: Stage, pids: Map<StagedTab, number>): Promise<void> {
  for (const staged of tabs) if (!pids.has(staged)) pids.set(staged, await rendererOf(staged.tab))
}

async function stop(stage: Stage, victim: StagedTab, pids: ReadonlyMap<StagedTab, number>): Promise<void> {
  const pid = pids.get(victim) as number
  const isLong = stage.random.chance(0.2)
  process.kill(pid, 'SIGSTOP')
  try {
    await sleep(isLong ? longStopMs : stage.random.below(shortStopMs))
  } finally {
    process.kill(pid, 'SIGCONT')
  }
}

async function kill(stage: Stage, victim: StagedTab, pids: ReadonlyMap<StagedTab, number>): Promise<void> {
  process.kill(pids.get(victim) as number, 'SIGKILL')
  stage.forget(victim)
  await Promise.race([victim.tab.close().catch(() => undefined), sleep(longestCloseMs)])
  await stage.openTab()
}

export const roundKinds: Readonly<Record<string, RoundKind>> = {
  close: { isLoss: true, play: close },
  reload: { isLoss: true, play: reload },
  navigate: { isLoss: true, play: navigate },
  steal: { isLoss: false, play: steal },
  listener: { isLoss: false, play: listen },
  stop: { isLoss: true, needsChromium: true, prepare: findRenderers, play: stop },
  kill: { isLoss: true, needsChromium: true, prepare: findRenderers, play: kill },
}
