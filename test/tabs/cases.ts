import { droppedAnswers } from './dropped-answers.js'
import { hidden } from './hidden.js'
import { lifecycle } from './lifecycle.js'
import { lifetimes } from './lifetimes.js'
import { outage } from './outage.js'
import { signOut } from './sign-out.js'
import type { CaseOptions, CaseResult } from './stage.js'
import { wake } from './wake.js'

/** A case, and how many of its rounds the issue demands. */
interface Case {
  readonly rounds: number
  readonly play: (options: CaseOptions & { readonly kinds?: readonly string[] | undefined }) => Promise<CaseResult>
}

export type CaseName = 'lifetimes' | 'lifecycle' | 'dropped-answers' | 'outage' | 'sign-out' | 'wake' | 'hidden'

export const cases: Readonly<Record<CaseName, Case>> = {
  lifetimes: { rounds: 60, play: lifetimes },
  lifecycle: { rounds: 200, play: lifecycle },
  'dropped-answers': { rounds: 30, play: droppedAnswers },
  outage: { rounds: 3, play: outage },
  'sign-out': { rounds: 1000, play: signOut },
  hidden: { rounds: 5, play: hidden },
  wake: { rounds: 10, play: wake },
}
