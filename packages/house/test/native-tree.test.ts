import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { repository } from '../src/workspace.ts'

const directory = join(repository, 'packages/native/c')
const files = readdirSync(directory)
  .filter((name) => /\.[ch]$/.test(name))
  .sort()
  .map((name) => ({ name, lines: readFileSync(join(directory, name), 'utf8').split('\n') }))

describe('the C tree', () => {
  it('has at most 3,000 lines, at most 400 a file', () => {
    expect(files.length).toBeGreaterThan(0)
    expect(files.reduce((sum, { lines }) => sum + lines.length - 1, 0)).toBeLessThanOrEqual(3000)
    expect(files.filter(({ lines }) => lines.length - 1 > 400).map(({ name }) => name)).toEqual([])
  })

  it('has functions of at most 60 lines', () => {
    expect(
      files.flatMap(({ name, lines }) => functionLengths(lines).map((one) => ({ name, ...one }))).filter(({ length }) => length > 60),
    ).toEqual([])
  })

  it('never prints', () => {
    const printing = /\b(printf|fprintf|puts|fputs|perror|syslog)\s*\(/
    expect(files.flatMap(({ name, lines }) => lines.filter((line) => printing.test(line)).map((line) => `${name}: ${line}`))).toEqual([])
  })
})

/** In our C a function's body starts at a `{` that ends a line of a definition at column 0, and ends at a `}` there. */
function functionLengths(lines: readonly string[]): readonly { readonly at: number; readonly length: number }[] {
  const found: { at: number; length: number }[] = []
  let start: number | undefined
  lines.forEach((line, index) => {
    if (start === undefined && /^[a-z_].*\(/.test(line) && !/;\s*$/.test(line)) start = index
    else if (start !== undefined && /;\s*$/.test(line) && !/^\s/.test(line)) start = undefined
    if (start !== undefined && line === '}') {
      found.push({ at: start + 1, length: index - start + 1 })
      start = undefined
    }
  })
  return found
}
