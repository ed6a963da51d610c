import { execFileSync } from 'node:child_process'
import { utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { diffTrees } from '../../src/diff/diff-trees.ts'
import { apply, overlayOf, scratch, treeOf } from '../scratch.ts'
import { collect, entriesOf } from '../tar/archive.ts'
import { edit, perform } from './edits.ts'

const { sub } = scratch()
const copied = (from: string): string => {
  const to = sub()
  execFileSync('cp', ['-a', '--no-target-directory', from, to])
  return to
}

/** A tree made by a script, and a copy of it that a second script has changed. */
function changed(before: string, after: string): readonly [base: string, tree: string] {
  const base = sub()
  execFileSync('sh', ['-ec', before], { cwd: base })
  const tree = copied(base)
  execFileSync('sh', ['-ec', after], { cwd: tree })
  return [base, tree]
}

const names = async (base: string, tree: string): Promise<string[]> =>
  (await entriesOf(await collect(diffTrees(base, tree)))).map(({ path }) => path)

describe('diffTrees', () => {
  it('gives a layer that makes one tree of the other, for any two trees', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { maxLength: 12 }), fc.array(edit, { maxLength: 12 }), async (before, after) => {
        const model = new Map<string, string>()
        const base = sub()
        await perform({ path: base }, before, model)
        const tree = copied(base)
        await perform({ path: tree }, after, model)
        const layer = await collect(diffTrees(base, tree))
        const expected = await treeOf({ path: tree }, { exact: true })

        const flat = copied(base)
        await apply(layer, flat)
        expect(await treeOf({ path: flat }, { exact: true })).toEqual(expected)

        const upper = sub()
        await apply(layer, upper, 'overlay')
        const { '.': _root, ...merged } = await treeOf(overlayOf(upper, base), { exact: true })
        const { '.': _expectedRoot, ...wanted } = expected
        expect(merged).toEqual(wanted)
        expect((await collect(diffTrees(base, flat))).equals(layer)).toBe(true)
      }),
      { numRuns: 15 },
    )
  })

  it.each<[string, string, string, readonly string[]]>([
    ['nothing', 'mkdir d; echo x > d/f', 'true', []],
    ['a new file, and the directories above', 'mkdir -p d/e o; echo x > o/f', 'echo n > d/e/n', ['./', 'd/', 'd/e/', 'd/e/n']],
    ['what is gone, a directory as a whole', 'mkdir -p d/e; echo x > d/e/f; echo y > g', 'rm -r d', ['./', '.wh.d']],
    ['a file in place of a directory', 'mkdir d; echo x > d/f', 'rm -r d; echo x > d', ['./', 'd']],
    ['a directory in place of a file', 'echo x > d', 'rm d; mkdir d; echo x > d/f', ['./', 'd/', 'd/f']],
    ['deletions in the order of names', 'touch a b c d', 'rm a c; chmod 600 b', ['./', '.wh.a', 'b', '.wh.c']],
    ['all names of a file, when one is new', 'touch a b; ln a e', 'ln a c', ['./', 'a', 'c', 'e']],
    ['both names of a file that were two files', 'touch -d @1 a b', 'rm b; ln a b', ['./', 'a', 'b']],
    ['both files that were one', 'touch -d @1 a; ln a b', 'rm b; cp -p a b', ['./', 'a', 'b']],
    ['an attribute', 'mkdir d; touch d/f', 'setfattr -n user.x -v y d/f', ['./', 'd/', 'd/f']],
  ])('writes %s', async (_what, before, after, expected) => {
    expect(await names(...changed(before, after))).toEqual(expected)
  })

  it('compares content where a time of whole seconds says little', async () => {
    const [base, tree] = changed('printf one > f; printf same > g; touch -d @5 f g', 'true')
    writeFileSync(join(tree, 'f'), 'two')
    utimesSync(join(tree, 'f'), 5, 5)
    expect(await names(base, tree)).toEqual(['./', 'f'])
  })

  it('lets nothing be later than the epoch', async () => {
    const [base, tree] = changed('true', 'touch -d @100 new; touch -d @10 old; touch -d @100 .')
    const entries = await entriesOf(await collect(diffTrees(base, tree, { epochNs: 50_000_000_000n })))
    expect(entries.map(({ path, mtimeNs }) => `${path} ${mtimeNs}`)).toEqual(['./ 50000000000', 'new 50000000000', 'old 10000000000'])
  })

  it('refuses names that mean deletions in a layer', async () => {
    const [base, tree] = changed('true', 'touch .wh.x')
    await expect(collect(diffTrees(base, tree))).rejects.toMatchObject({ code: 'LAYERFS_WHITEOUT_INVALID', kind: 'unsupported' })
  })
})
