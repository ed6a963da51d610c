import { basename } from 'node:path'
import { describe, expect, it } from 'vitest'
import { allPackages, libraryPackages, readText, typescriptFiles } from '../src/workspace.ts'

const FORBIDDEN = new Set(['utils', 'util', 'common', 'shared', 'types', 'lib', 'helpers', 'helper', 'misc'])
const KEBAB = /^[a-z0-9]+(-[a-z0-9_]+)*(\.(table|gen|kernel|vm|d))?(\.test)?\.ts$/
const packages = libraryPackages().map((item) => [item.name, item] as const)

describe('names', () => {
  it('no package is a drawer', () => {
    expect(allPackages().filter(({ name }) => FORBIDDEN.has(name))).toEqual([])
  })

  it.each(packages)('%s: files and folders say what they are, in kebab-case', (_name, item) => {
    const wrong = [...typescriptFiles(item, 'src'), ...typescriptFiles(item, 'test')].filter(
      (path) => !KEBAB.test(basename(path)) || path.split('/').some((part) => FORBIDDEN.has(part.replace(/\..*$/, ''))),
    )
    expect(wrong).toEqual([])
  })

  it.each(packages)('%s: no unfinished, unsound or focused code', (_name, item) => {
    const rules = [
      /\b(TODO|FIXME|XXX|HACK)\b/,
      /@ts-(ignore|nocheck|expect-error)/,
      /\bas any\b|: any\b/,
      /\b(it|test|describe)\.(skip|todo|only)\b/,
      /biome-ignore/,
      /catch\s*(\([^)]*\))?\s*\{\s*\}/,
    ]
    const wrong = [...typescriptFiles(item, 'src'), ...typescriptFiles(item, 'test')].flatMap((path) =>
      readText(item, path)
        .split('\n')
        .map((line, index) => `${path}:${index + 1}: ${line.trim()}`)
        .filter((line) => rules.some((rule) => rule.test(line))),
    )
    expect(wrong).toEqual([])
  })
})
