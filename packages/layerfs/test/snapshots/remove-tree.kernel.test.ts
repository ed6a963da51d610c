import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { removeTree } from '../../src/snapshots/remove-tree.ts'
import { scratch } from '../scratch.ts'

const { sub } = scratch()

describe('removeTree', () => {
  it.each([
    ['a few entries', 3],
    ['more than are removed without the helper', 200],
  ])('removes %s, whatever their names, and nothing that a link refers to', async (_what, count) => {
    const directory = sub()
    const [tree, outside] = [join(directory, 'tree'), join(directory, 'outside')]
    mkdirSync(join(tree, 'below/it'), { recursive: true })
    mkdirSync(outside)
    writeFileSync(join(outside, 'kept'), 'x')
    symlinkSync(outside, join(tree, 'below/link'))
    writeFileSync(Buffer.concat([Buffer.from(`${tree}/below/`), Buffer.from([0xff, 0xfe])]), 'not UTF-8')
    for (let index = 0; index < count; index++) writeFileSync(join(tree, 'below/it', `${index}`), 'x')
    await removeTree(tree)
    expect(existsSync(tree)).toBe(false)
    expect(readdirSync(outside)).toEqual(['kept'])
  })
})
