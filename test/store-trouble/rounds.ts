import { mutantPlugin } from '../mutants/mutate.js'
import { openStore, type Place } from '../processes/places.js'
import { Random } from '../simulation/random.js'
import { makeProgram } from '../support/program.js'
import type { StoreMutant } from './mutants.js'
import { RemoteHolder } from './remote-holder.js'
import { serveRotation } from './rotating-server.js'
import { Round } from './round.js'
import { Tally, type Figures } from './tally.js'
import { startTroubledStore, type Trouble, type TroubledStore } from './troubles.js'

/** What to do to a store, and how often. */
export interface RoundsOptions {
  readonly store: Place['kind']
  readonly rounds: number
  readonly seed: number
  /** How long it stays down, at random from nothing on, once its failure is known or its silence has begun. */
  readonly longestOutageMs: number
  /** What the holders run in place of the code as it is. */
  readonly mutant?: StoreMutant | undefined
  /** Called after each round with what is known so far. */
  onRound?(figures: Figures): void
}

/** What came of it. */
export interface RoundsResult extends Figures {
  readonly store: Place['kind']
  readonly versions: Readonly<Record<string, string>>
  readonly seconds: number
}

/** Lets a store fail in all its ways, round by round, between a rotation and the write of what it brought. */
export async function runRounds({ mutant, ...options }: RoundsOptions): Promise<RoundsResult> {
  const startedAt = performance.now()
  const plugins = mutant ? [mutantPlugin({ ...mutant, caughtBy: { test: 'test/store-trouble' } })] : []
  const program = await makeProgram(new URL('./holder.ts', import.meta.url), ...plugins)
  const troubled = await startTroubledStore(options.store)
  try {
    const figures = await playAll(options, program.path, troubled)
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    return { store: options.store, versions: troubled.versions, seconds, ...figures }
  } finally {
    for (const trouble of troubled.troubles) await trouble.heal()
    await troubled.remove()
    await program.remove()
  }
}

async function playAll(options: RoundsOptions, program: string, { place, troubles }: TroubledStore): Promise<Figures> {
  const { rounds, seed, longestOutageMs, onRound } = options
  const rotating = await serveRotation()
  const own = await openStore(place)
  const task = { issuer: rotating.server.issuer, place }
  const [first, second] = [new RemoteHolder(program, task), new RemoteHolder(program, task)]
  const around = { ...rotating, own: own.store, first, second, random: new Random(seed), longestOutageMs }
  const tally = new Tally()
  try {
    for (let number = 0; number < rounds; number++) {
      const trouble = troubles[number % troubles.length] as Trouble
      // A store that just says nothing is back in time every other time.
      const isNoticed = !trouble.isSilent || Math.floor(number / troubles.length) % 2 === 0
      tally.add(trouble.name, await new Round(around, { trouble, isNoticed }).play())
      onRound?.(tally.figures())
    }
    return tally.figures()
  } finally {
    await Promise.all([first.end(), second.end()])
    rotating.close()
    await own.close()
  }
}
