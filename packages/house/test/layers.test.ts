import { describe, expect, it } from 'vitest'
import { importsOf, packageOf } from '../src/imports.ts'
import { LAYERS } from '../src/layers.ts'
import { libraryPackages, type Package, readText, typescriptFiles } from '../src/workspace.ts'

const packages = libraryPackages()

describe('layers', () => {
  it('every package stands in the table', () => {
    expect(packages.map(({ manifest }) => manifest.name).sort()).toEqual(Object.keys(LAYERS).sort())
  })

  it.each(packages.map((item) => [item.name, item] as const))('%s imports only from layers below its own', (_name, item) => {
    const own = LAYERS[item.manifest.name] ?? -1
    const wrong = sourceImports(item)
      .filter(({ target }) => target.startsWith('@ct/') && target !== item.manifest.name)
      .filter(({ target }) => !target.startsWith('@ct/native-linux-') && (LAYERS[target] ?? 99) >= own)
    expect(wrong).toEqual([])
  })

  it.each(packages.map((item) => [item.name, item] as const))(
    '%s declares what it imports, and imports what it declares',
    (_name, item) => {
      const used = new Set(sourceImports(item).map(({ target }) => target))
      used.delete(item.manifest.name)
      const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = item.manifest
      const declared = new Set(Object.keys({ ...dependencies, ...peerDependencies }))
      expect([...used].filter((target) => !declared.has(target) && !(target in optionalDependencies))).toEqual([])
      expect(Object.keys(dependencies).filter((target) => !used.has(target))).toEqual([])
    },
  )

  it.each(packages.map((item) => [item.name, item] as const))(
    '%s reaches no other package by a relative path or its src',
    (_name, item) => {
      const wrong = typescriptFiles(item, 'src').flatMap((path) =>
        importsOf(readText(item, path))
          .filter(({ specifier }) => /^@ct\/[^/]+\/(?!testing$|bin\/)/.test(specifier) || climbsOut(path, specifier))
          .map(({ specifier }) => `${path}: ${specifier}`),
      )
      expect(wrong).toEqual([])
    },
  )
})

function sourceImports(item: Package): readonly { readonly path: string; readonly target: string }[] {
  return typescriptFiles(item, 'src').flatMap((path) =>
    importsOf(readText(item, path)).flatMap(({ specifier }) => {
      const target = packageOf(specifier)
      return target === undefined ? [] : [{ path, target }]
    }),
  )
}

function climbsOut(path: string, specifier: string): boolean {
  if (!specifier.startsWith('.') || specifier.endsWith('/package.json')) return false
  const up = specifier.split('/').filter((part) => part === '..').length
  return up > path.split('/').length - 2
}
