import type { AxeResults, RunOptions } from 'axe-core'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'

declare const window: Window & { axe: { run(options: RunOptions): Promise<AxeResults> } }

const program = fileURLToPath(import.meta.resolve('axe-core/axe.min.js'))
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']

/** What is not accessible on a page as it is now, in its light and in its dark colours: the rule and the element. */
export async function barriers(page: Page): Promise<string[]> {
  const found: string[] = []
  await page.addScriptTag({ path: program })
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const { violations } = await page.evaluate(
      (values) => window.axe.run({ runOnly: { type: 'tag', values }, resultTypes: ['violations'] }),
      tags,
    )
    found.push(
      ...violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target }) => `${colorScheme} ${id}: ${JSON.stringify(target)}`),
      ),
    )
  }
  await page.emulateMedia({ colorScheme: null, reducedMotion: null })
  return found
}
