import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { diffTree } from '../../src/diff/diff-tree.ts'
import { exportTree } from '../../src/diff/export-tree.ts'
import { OverlaySnapshotter } from '../../src/snapshots/overlay-snapshotter.ts'
import { apply, overlayOf, scratch, treeOf } from '../scratch.ts'
import { archive, collect, entriesOf, file, header } from '../tar/archive.ts'
import { edit, edits, perform } from './edits.ts'

const { sub } = scratch()

describe('diffTree', () => {
  it('gives a layer that makes the same tree when applied, for any tree and any change', async () => {
    const snapshotter = await OverlaySnapshotter.open({ root: sub() })
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { maxLength: 12 }), fc.array(edit, { maxLength: 12 }), async (before, after) => {
        const name = `run-${run++}`
        const model = new Map<string, string>()
        await perform({ mounts: await snapshotter.prepare('lower') }, before, model)
        await snapshotter.commit(`${name}-lower`, 'lower')
        const mounts = await snapshotter.prepare(name, `${name}-lower`)
        await perform({ mounts }, after, model)
        const expected = await treeOf({ mounts }, { exact: true })

        const layer = await collect(diffTree({ path: await snapshotter.upperDirectory(name) }))
        const [lower = ''] = await snapshotter.layerDirectories(name)
        const upper = sub()
        await apply(layer, upper, 'overlay')
        expect(await treeOf(overlayOf(upper, lower), { exact: true })).toEqual(expected)

        const flat = sub()
        await apply(await collect(exportTree({ path: lower })), flat)
        await apply(layer, flat)
        expect(await treeOf({ path: flat }, { exact: true })).toEqual(expected)
        expect((await collect(diffTree({ path: upper }))).equals(layer)).toBe(true)
      }),
      { numRuns: 15 },
    )
  })

  it('writes whiteouts and opaque directories as the image spec has them, in order', async () => {
    const snapshotter = await OverlaySnapshotter.open({ root: sub() })
    const low = await snapshotter.prepare('low')
    await perform(
      { mounts: low },
      edits(['file', 'gone'], ['directory', 'dir'], ['file', 'dir/old'], ['directory', 'again'], ['file', 'again/old']),
      new Map(),
    )
    await snapshotter.commit('base', 'low')
    const mounts = await snapshotter.prepare('up', 'base')
    const model = new Map([
      ['dir', 'directory'],
      ['again', 'directory'],
    ])
    await perform(
      { mounts },
      edits(['remove', 'gone'], ['remove', 'dir/old'], ['remove', 'again'], ['directory', 'again'], ['file', 'again/new']),
      model,
    )
    const entries = await entriesOf(await collect(diffTree({ path: await snapshotter.upperDirectory('up') })))
    expect(entries.map((entry) => entry.path)).toEqual([
      './',
      'again/',
      'again/.wh..wh..opq',
      'again/new',
      'dir/',
      'dir/.wh.old',
      '.wh.gone',
    ])
    expect(entries.flatMap(({ xattrs }) => xattrs).filter(([name]) => name.includes('overlay'))).toEqual([])
  })

  it('keeps hard links, nanoseconds and attributes, and leaves out sockets', async () => {
    const target = sub()
    execFileSync(
      'sh',
      [
        '-ec',
        `
      printf x > first; ln first second; mkdir d; ln first d/third
      setfattr -n user.note -v hello first; setfattr -n trusted.overlay.origin -v secret d
      touch -d '2001-02-03 04:05:06.123456789' first
      node -e "require('net').createServer().listen('socket', () => process.kill(process.pid, 'SIGKILL'))" 2>/dev/null || true
      test -S socket
    `,
      ],
      { cwd: target },
    )
    const entries = await entriesOf(await collect(diffTree({ path: target })))
    const linked = entries.filter(({ path: name }) => !name.endsWith('/'))
    expect(linked).toMatchObject([
      { path: 'd/third', type: 'file', content: 'x', mtimeNs: 981173106123456789n, xattrs: [['user.note', Buffer.from('hello')]] },
      { path: 'first', type: 'hard-link', linkTarget: 'd/third' },
      { path: 'second', type: 'hard-link', linkTarget: 'd/third' },
    ])
    expect(entries.find(({ path: name }) => name === 'd/')?.xattrs).toEqual([])
  })

  it('is read by GNU tar to the same tree', async () => {
    const [source, theirs] = [sub(), sub()]
    await perform(
      { path: source },
      edits(['directory', 'd'], ['file', 'd/f'], ['symlink', 'd/s'], ['fifo', 'p'], ['hard-link', 'h']),
      new Map([['d/f', 'file']]),
    )
    execFileSync('tar', ['-x', '--xattrs', '--xattrs-include=*', '--numeric-owner', '-p'], {
      cwd: theirs,
      input: await collect(diffTree({ path: source })),
    })
    expect(await treeOf({ path: theirs }, { exact: true })).toEqual(await treeOf({ path: source }, { exact: true }))
  })
})

describe('exportTree', () => {
  it('gives everything but the root, whatever its names mean in a layer', async () => {
    const target = sub()
    await apply(archive(header({ name: 'd/', type: '5' }), file('d/f', 'x')), target)
    execFileSync('touch', ['.wh.odd'], { cwd: target })
    expect((await entriesOf(await collect(exportTree({ path: target })))).map((entry) => entry.path)).toEqual(['.wh.odd', 'd/', 'd/f'])
  })
})
