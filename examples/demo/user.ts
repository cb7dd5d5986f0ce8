import { chromium, type Browser, type Page } from 'playwright-core'

/** Starts Chromium without a window. Whoever starts it ends it, so that Ctrl-C can do more than that. */
export function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: ['--disable-gpu'],
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  })
}

/** Signs in to an example app, by the clicks of a user. */
export async function signIn(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('heading', { name: 'Alice Example' }).waitFor()
}
