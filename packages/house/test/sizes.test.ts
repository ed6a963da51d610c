import { describe, expect, it } from 'vitest'
import { commentShare, functionsOf } from '../src/functions.ts'
import { isTable } from '../src/layers.ts'
import { libraryPackages, readText, typescriptFiles } from '../src/workspace.ts'

const packages = libraryPackages().map((item) => [item.name, item] as const)
const lineCount = (text: string): number => text.split('\n').length - 1

describe('sizes', () => {
  it.each(packages)('%s: source files have at most 400 lines, half of them at most 120', (_name, item) => {
    const sizes = typescriptFiles(item, 'src')
      .filter((path) => !isTable(path))
      .map((path) => ({ path, lines: lineCount(readText(item, path)) }))
      .sort((a, b) => a.lines - b.lines)
    expect(sizes.filter(({ lines }) => lines > 400)).toEqual([])
    expect(sizes[Math.floor((sizes.length - 1) / 2)]?.lines ?? 0).toBeLessThanOrEqual(120)
  })

  it.each(packages)('%s: test files have at most 500 lines', (_name, item) => {
    const sizes = typescriptFiles(item, 'test').map((path) => ({ path, lines: lineCount(readText(item, path)) }))
    expect(sizes.filter(({ lines }) => lines > 500)).toEqual([])
  })

  it.each(packages)('%s: functions have at most 60 lines and 4 parameters, the fourth being options', (_name, item) => {
    const wrong = typescriptFiles(item, 'src')
      .filter((path) => !isTable(path) && !path.startsWith('src/testing/'))
      .flatMap((path) => functionsOf(readText(item, path)).map((shape) => ({ path, ...shape })))
      .filter(({ lines, parameters }) => lines > 60 || parameters > 4)
    expect(wrong).toEqual([])
  })

  const grown = packages.filter(([, item]) => typescriptFiles(item, 'src').length > 5)
  it.each(grown)('%s: 8 to 25 percent of the lines are comments', (_name, item) => {
    const share = typescriptFiles(item, 'src')
      .filter((path) => !isTable(path))
      .map((path) => commentShare(readText(item, path)))
      .reduce((sum, { comment, total }) => ({ comment: sum.comment + comment, total: sum.total + total }), { comment: 0, total: 0 })
    expect(share.comment / share.total).toBeGreaterThanOrEqual(0.08)
    expect(share.comment / share.total).toBeLessThanOrEqual(0.25)
  })
})
