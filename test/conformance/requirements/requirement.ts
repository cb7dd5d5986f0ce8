/** How much a requirement binds: as the specification says, or as we say where it says nothing. A note asks for nothing. */
export type Level = 'MUST' | 'SHOULD' | 'MAY' | 'note'

/** One statement that tests prove, or that says why none does. */
export interface Requirement {
  /** Stands in the titles of the tests that prove it. */
  readonly id: string
  readonly level: Level
  readonly requirement: string
  /** The section of the specification it comes from, or who else asks for it. */
  readonly section: string
  /** Why no test proves it: it does not apply, or it is not done. */
  readonly waived?: string | undefined
}

/** Where no specification says it: what keeps sessions alive and tokens secret, as we understand it. */
export const ownRule = 'own rule'

type Row = (id: string, requirement: string, section: string, waived?: string) => Requirement

const row =
  (level: Level): Row =>
  (id, requirement, section, waived) => ({ id, level, requirement, section, waived })

export const must: Row = row('MUST')
export const should: Row = row('SHOULD')
export const may: Row = row('MAY')
export const note: Row = row('note')
