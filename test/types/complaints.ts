import path from 'node:path'
import ts from 'typescript'
import { inject } from 'vitest'
import { repository } from '../package/installed-package.js'

const { project } = inject('installedPackage')

/** As few settings as possible let anything pass. */
const strictest: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  noEmit: true,
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  skipLibCheck: false,
  typeRoots: [path.join(repository, 'node_modules/@types')],
}

/** What the compiler has to say about programs and all that they take from packages, each complaint with its place. */
export function complaints(rootNames: readonly string[], options: ts.CompilerOptions): string[] {
  const program = ts.createProgram({ rootNames, options: { ...strictest, ...options } })
  // The libraries of TypeScript and Node are not ours to check, and they would take most of the time.
  const checked = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(project))
  const diagnostics = [
    ...program.getOptionsDiagnostics(),
    ...program.getGlobalDiagnostics(),
    ...checked.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
  ]
  return diagnostics.map(({ file, start = 0, messageText }) => {
    const line = file ? file.getLineAndCharacterOfPosition(start).line + 1 : 0
    const place = file ? `${path.relative(project, file.fileName)}:${line}` : 'options'
    return `${place} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
  })
}
