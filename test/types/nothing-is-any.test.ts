import path from 'node:path'
import ts from 'typescript'
import { describe, expect, inject, it } from 'vitest'
import { entryNames } from '../package/entries.js'

const { folder } = inject('installedPackage')

function fileOf(name: string): string {
  return path.join(folder, 'dist', `${name === 'evergrant' ? 'index' : name.slice('evergrant/'.length)}.d.ts`)
}

const program = ts.createProgram({
  rootNames: entryNames.map(fileOf),
  options: {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    strict: true,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.esnext.disposable.d.ts'],
    types: [],
  },
})
const checker = program.getTypeChecker()

/** Follows everything that one can reach from a type by its members, calls and arguments, and collects what is `any`. */
class Walk {
  readonly found: string[] = []
  readonly #seen = new Set<ts.Type>()

  visit(type: ts.Type, where: string): void {
    if (type.flags & ts.TypeFlags.Any) this.found.push(where)
    if (this.#seen.has(type)) return
    this.#seen.add(type)
    if (type.isUnionOrIntersection()) for (const part of type.types) this.visit(part, where)
    const { typeArguments = [] } = type as ts.TypeReference
    for (const argument of [...typeArguments, ...(type.aliasTypeArguments ?? [])]) this.visit(argument, `${where}<>`)
    if (!isOurs(type)) return
    for (const { keyType, type: value } of checker.getIndexInfosOfType(type)) {
      this.visit(value, `${where}[${checker.typeToString(keyType)}]`)
    }
    for (const member of type.getProperties()) this.visit(checker.getTypeOfSymbol(member), `${where}.${member.name}`)
    for (const call of [...type.getCallSignatures(), ...type.getConstructSignatures()]) this.#visitCall(call, where)
  }

  #visitCall(call: ts.Signature, where: string): void {
    this.visit(call.getReturnType(), `${where}()`)
    for (const parameter of call.getParameters()) {
      this.visit(checker.getTypeOfSymbol(parameter), `${where}(${parameter.name})`)
    }
  }
}

/** What others declare, such as `Response`, is theirs to answer for. Types without a name are part of where they stand. */
function isOurs(type: ts.Type): boolean {
  const declarations = (type.aliasSymbol ?? type.symbol)?.declarations ?? []
  return declarations.every((declaration) => declaration.getSourceFile().fileName.startsWith(folder))
}

function reachable(file: string): { names: string[]; found: string[] } {
  const module = checker.getSymbolAtLocation(program.getSourceFile(file) as ts.SourceFile) as ts.Symbol
  const walk = new Walk()
  const names = checker.getExportsOfModule(module).map((symbol) => {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    if (target.flags & ts.SymbolFlags.Value) walk.visit(checker.getTypeOfSymbol(target), symbol.name)
    if (target.flags & ts.SymbolFlags.Type) walk.visit(checker.getDeclaredTypeOfSymbol(target), symbol.name)
    return symbol.name
  })
  return { names, found: walk.found }
}

describe.each(entryNames)('%s', (name) => {
  it('gives and takes nothing of type any', () => {
    const { names, found } = reachable(fileOf(name))
    expect(names).not.toEqual([])
    expect(found).toEqual([])
  })
})
