import type { TestContext } from 'vitest'
import { findEngine, requireEngine } from './engines/launch.js'

/** Short names for what needs Chromium alone. */
export const findChromium = (): string | undefined => findEngine('chromium')
export const requireChromium = (test: TestContext): void => requireEngine(test, 'chromium')
