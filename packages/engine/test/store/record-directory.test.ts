import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RecordDirectory } from '../../src/store/record-directory.ts'

interface Item {
  readonly version: 1
  readonly name: string
}

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ct-records-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const open = (missing: 'remove' | 'report' = 'remove'): RecordDirectory<Item> =>
  new RecordDirectory<Item>(join(root, 'items'), {
    file: 'item.json',
    missing,
    check: ({ name }, directory) => (name === directory ? undefined : 'the name is wrong'),
  })

describe('RecordDirectory', () => {
  it('reads what was written, whatever stands beside it', () => {
    const items = open()
    items.prepare('a')
    items.write('a', { version: 1, name: 'a' })
    writeFileSync(join(items.directory('a'), 'item.json.99-1.tmp'), 'half of a rec')
    expect(open().load()).toEqual({ records: [{ version: 1, name: 'a' }], errors: [] })
  })

  it.each([
    ['is cut off', '{"version":1,"na'],
    ['is empty', ''],
    ['has another version', '{"version":2,"name":"bad"}'],
    ['does not fit its place', '{"version":1,"name":"other"}'],
    ['is not an object', 'null'],
  ])('reports a record that %s, keeps it, and reads the others', (_name, text) => {
    const items = open()
    items.prepare('good')
    items.write('good', { version: 1, name: 'good' })
    items.prepare('bad')
    writeFileSync(join(items.directory('bad'), 'item.json'), text)
    const { records, errors } = open().load()
    expect(records).toEqual([{ version: 1, name: 'good' }])
    expect(errors).toEqual([
      expect.objectContaining({ code: 'ENGINE_BAD_RECORD', kind: 'corrupt', message: expect.stringContaining('bad/item.json') }),
    ])
    expect(existsSync(join(items.directory('bad'), 'item.json'))).toBe(true)
  })

  it('removes what was never finished', () => {
    const items = open()
    items.prepare('half')
    expect(open().load()).toEqual({ records: [], errors: [] })
    expect(readdirSync(items.path)).toEqual([])
  })

  it('keeps and reports a directory without a record where it may be data', () => {
    mkdirSync(join(root, 'items', 'data'), { recursive: true })
    const { errors } = open('report').load()
    expect(errors).toEqual([expect.objectContaining({ code: 'ENGINE_BAD_RECORD' })])
    expect(existsSync(join(root, 'items', 'data'))).toBe(true)
  })
})
