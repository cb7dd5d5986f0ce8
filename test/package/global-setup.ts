import type { TestProject } from 'vitest/node'
import { installPackage, type InstalledPackage } from './installed-package.js'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The package as built from the sources at the start of the run. */
    readonly installedPackage: InstalledPackage
  }
}

export async function setup({ provide }: TestProject): Promise<void> {
  provide('installedPackage', await installPackage())
}
