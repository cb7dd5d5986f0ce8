import type { Comparison, Spread } from './rounds.js'

/** One line of the report. */
export type Figure = SizeFigure | RatioFigure | CountFigure | AmountFigure

/** How large a program is that a page loads. */
export interface SizeFigure {
  readonly kind: 'size'
  readonly what: string
  /** After minification and brotli. */
  readonly bytes: number
  /** The most bytes that it should have. */
  readonly budget?: number | undefined
  /** Why it has more, if it has. */
  readonly reason?: string | undefined
}

/** How many times as long something takes as something else. */
export interface RatioFigure {
  readonly kind: 'ratio'
  readonly what: string
  readonly comparedWith: string
  readonly comparison: Comparison
  /** The unit of the durations on both sides. */
  readonly unit: 'ns' | 'ms'
  /** How often each side was measured. */
  readonly n: string
  /** The most that the median should be. */
  readonly budget?: number | undefined
  /** Why it is more, if it is. */
  readonly reason?: string | undefined
}

/** How often something happens. */
export interface CountFigure {
  readonly kind: 'count'
  readonly what: string
  readonly count: number
  /** Of how many it was counted. */
  readonly n: string
  /** The most that it should be. */
  readonly budget?: number | undefined
  /** Why it is more, if it is. */
  readonly reason?: string | undefined
}

/** How much of something there is, on this machine. */
export interface AmountFigure {
  readonly kind: 'amount'
  readonly what: string
  readonly value: number
  /** How far it goes, if it is the middle of many. */
  readonly range?: Pick<Spread, 'min' | 'max'> | undefined
  readonly unit: string
  /** Of how many it was measured. */
  readonly n: string
  /** The most that it should be. */
  readonly budget?: number | undefined
  /** Why it is more, if it is. */
  readonly reason?: string | undefined
}
