import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { libraryPackages, type Package, readText, typescriptFiles } from '../src/workspace.ts'

const packages = libraryPackages()
  .filter(({ name }) => name !== 'errors')
  .map((item) => [item.name, item] as const)

describe('errors', () => {
  it.each(packages)('%s has one errors.ts with one class', (_name, item) => {
    expect(readText(item, 'src/errors.ts').match(/class \w+Error\b/g)).toHaveLength(1)
  })

  it.each(packages)('%s: every code is thrown by the source, tested, and in the README', (_name, item) => {
    const codes = codesOf(item)
    const sources = textOf(item, 'src', (path) => path !== 'src/errors.ts')
    const tests = textOf(item, 'test')
    const readme = existsSync(join(item.directory, 'README.md')) ? readText(item, 'README.md') : ''
    expect(codes.length).toBeGreaterThan(0)
    expect(codes.filter((code) => !sources.includes(code) && !constructsInErrors(item, code))).toEqual([])
    expect(codes.filter((code) => !tests.includes(code))).toEqual([])
    expect(codes.filter((code) => !readme.includes(`\`${code}\``))).toEqual([])
  })
})

function codesOf(item: Package): readonly string[] {
  return [...new Set(Array.from(readText(item, 'src/errors.ts').matchAll(/'([A-Z]+_[A-Z0-9_]+)'/g), ([, code]) => code ?? ''))]
}

/** A code may be used by a function of errors.ts that makes the error; it then stands there twice. */
function constructsInErrors(item: Package, code: string): boolean {
  return readText(item, 'src/errors.ts').split(`'${code}'`).length > 2
}

function textOf(item: Package, folder: 'src' | 'test', keep: (path: string) => boolean = () => true): string {
  return typescriptFiles(item, folder)
    .filter(keep)
    .map((path) => readText(item, path))
    .join('\n')
}
