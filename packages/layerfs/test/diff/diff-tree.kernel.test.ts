import { execFileSync } from 'node:child_process'
import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { appendLayer, emptyDraft, MemoryStore, OciLayout, writeImage } from '@ct/image'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packLayer } from '../../src/contents/pack-layer.ts'
import { storeLayer } from '../../src/contents/store-layer.ts'
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

describe('what diffTree gives', () => {
  it('is read from the upper directory alone, whatever is below', async () => {
    const root = sub()
    const snapshotter = await OverlaySnapshotter.open({ root })
    await perform({ mounts: await snapshotter.prepare('low') }, edits(['directory', 'd'], ['file', 'd/old'], ['file', 'gone']), new Map())
    await snapshotter.commit('base', 'low')
    const model = new Map([['d', 'directory']])
    await perform({ mounts: await snapshotter.prepare('up', 'base') }, edits(['remove', 'gone'], ['file', 'd/new']), model)
    const upper = await snapshotter.upperDirectory('up')
    const before = await collect(diffTree({ path: upper }))
    renameSync(join(root, 'snapshots/base'), join(sub(), 'elsewhere'))
    expect((await collect(diffTree({ path: upper }))).equals(before)).toBe(true)
  })

  it('is applied by umoci and podman to the tree that the mount shows', async () => {
    const directory = sub()
    const snapshotter = await OverlaySnapshotter.open({ root: join(directory, 'state') })
    const model = new Map<string, string>()
    const mounts = await snapshotter.prepare('low')
    const made = edits(
      ['directory', 'd'],
      ['file', 'd/old'],
      ['file', 'gone'],
      ['directory', 'again'],
      ['file', 'again/old'],
      ['symlink', 's'],
    )
    await perform({ mounts }, made, model)
    await snapshotter.commit('base', 'low')
    const changed = edits(
      ['remove', 'gone'],
      ['remove', 'again'],
      ['directory', 'again'],
      ['file', 'again/new'],
      ['remove', 's'],
      ['file', 's'],
    )
    const upperMounts = await snapshotter.prepare('up', 'base')
    await perform({ mounts: upperMounts }, changed, model)
    const layout = await OciLayout.open(join(directory, 'layout'))
    let draft = emptyDraft()
    const [lower = ''] = await snapshotter.layerDirectories('up')
    for (const path of [lower, await snapshotter.upperDirectory('up')]) {
      draft = appendLayer(draft, await storeLayer(diffTree({ path }), layout, { level: 1 }))
    }
    await layout.tag(await writeImage(layout, draft), 'x')
    const expected = rootless(await treeOf({ mounts: upperMounts }, { exact: true }))

    execFileSync('umoci', ['unpack', '--image', `${join(directory, 'layout')}:x`, join(directory, 'bundle')])
    expect(rootless(await treeOf({ path: join(directory, 'bundle/rootfs') }, { exact: true }))).toEqual(expected)
    const store = ['--root', join(directory, 'podman'), '--runroot', join(directory, 'run'), '--storage-driver', 'vfs']
    const podman = (...args: string[]): string =>
      execFileSync('podman', [...store, ...args], { cwd: directory, stdio: ['ignore', 'pipe', 'ignore'] }).toString()
    const image = podman('pull', '-q', 'oci:layout:x').trim()
    const path = podman('image', 'mount', image).trim()
    expect(rootless(await treeOf({ path }, { exact: true }))).toEqual(expected)
    podman('image', 'umount', image)
  })

  it('never has a name that would mean a deletion', async () => {
    const target = sub()
    execFileSync('sh', ['-ec', 'mkdir d; touch d/.wh.x'], { cwd: target })
    const refused = { code: 'LAYERFS_WHITEOUT_INVALID', kind: 'unsupported', hint: 'rename or remove it' }
    await expect(collect(diffTree({ path: target }))).rejects.toMatchObject(refused)
    await expect(packLayer({ path: target }, new MemoryStore())).rejects.toMatchObject(refused)
  })
})

/** Without the root, whose metadata tools make up, and without attributes of no bytes, which Go's tar takes for absent. */
function rootless({ '.': _, ...tree }: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(tree).map(([path, line]) => [path, line.replace(/ user\.k=(?= |$)/, '')]))
}

describe('exportTree', () => {
  it('gives everything but the root, whatever its names mean in a layer', async () => {
    const target = sub()
    await apply(archive(header({ name: 'd/', type: '5' }), file('d/f', 'x')), target)
    execFileSync('touch', ['.wh.odd'], { cwd: target })
    expect((await entriesOf(await collect(exportTree({ path: target })))).map((entry) => entry.path)).toEqual(['.wh.odd', 'd/', 'd/f'])
  })
})
