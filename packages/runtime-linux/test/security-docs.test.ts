import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const repository = new URL('../../../', import.meta.url)
const DIRECTORIES = ['packages/runtime-linux/test/runtime', 'packages/native/test', 'packages/layerfs/test/unpack']
const text = readFileSync(new URL('docs/security.md', repository), 'utf8')

function testFile(name: string): string {
  const paths = DIRECTORIES.map((directory) => new URL(`${directory}/${name}.kernel.test.ts`, repository))
  const path = paths.find((candidate) => existsSync(candidate))
  if (path === undefined) throw new Error(`no test file ${name}`)
  return readFileSync(path, 'utf8')
}

describe('docs/security.md', () => {
  const rows = text.split('\n').filter((line) => line.startsWith('| CVE-'))

  it.each(rows.map((row) => row.split('|').map((cell) => cell.trim())))(
    'names tests that are there: %s%s',
    (_, _found, _attack, _defence, tests) => {
      const named = [...(tests ?? '').matchAll(/`([\w-]+)` ((?:“[^”]+”(?:, )?)+)/g)]
      expect(named.length).toBeGreaterThan(0)
      for (const [, file = '', titles = ''] of named) {
        for (const [, title = ''] of titles.matchAll(/“([^”]+)”/g)) expect(testFile(file)).toContain(title)
      }
    },
  )
})
