import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { OverlaySnapshotter } from '../../src/snapshots/overlay-snapshotter.ts'
import { snapshotterContract } from '../../src/testing/index.ts'
import { scratch } from '../scratch.ts'

const { sub } = scratch()

snapshotterContract('OverlaySnapshotter', async () => ({
  snapshotter: await OverlaySnapshotter.open({ root: sub() }),
  [Symbol.asyncDispose]: async () => undefined,
}))

snapshotterContract('OverlaySnapshotter with attributes of users', async () => ({
  snapshotter: await OverlaySnapshotter.open({ root: sub(), xattrs: 'user' }),
  [Symbol.asyncDispose]: async () => undefined,
}))

const contents = (root: string): readonly string[] => readdirSync(join(root, 'snapshots'), { recursive: true }).map(String).sort()

/** Active `a` on committed `top` on `base`. */
async function prepared(root: string): Promise<OverlaySnapshotter> {
  const snapshotter = await OverlaySnapshotter.open({ root })
  await snapshotter.prepare('1')
  await snapshotter.commit('base', '1')
  await snapshotter.prepare('2', 'base')
  await snapshotter.commit('top', '2')
  await snapshotter.prepare('a', 'top')
  return snapshotter
}

describe('OverlaySnapshotter', () => {
  it('has all again after it was opened anew', async () => {
    const root = sub()
    const before = await prepared(root)
    const after = await OverlaySnapshotter.open({ root })
    expect(await after.stat('a')).toEqual(await before.stat('a'))
    expect(await after.mounts('a')).toEqual(await before.mounts('a'))
    expect(await after.layerDirectories('a')).toEqual(await after.layerDirectories('top'))
    expect(await after.layerDirectories('top')).toHaveLength(2)
    expect(await after.upperDirectory('a')).toBe(join(root, 'snapshots/a/fs'))
  })

  it('names lower directories so shortly that 127 layers fit into a page', async () => {
    const snapshotter = await OverlaySnapshotter.open({ root: sub() })
    let parent: string | undefined
    for (let i = 0; i < 127; i++) {
      await snapshotter.prepare('active', parent)
      parent = `sha256:${String(i).padStart(64, '0')}`
      await snapshotter.commit(parent, 'active')
    }
    const started = performance.now()
    const [mount] = await snapshotter.prepare('container', parent)
    expect(performance.now() - started).toBeLessThan(50)
    const relative = mount?.options[0]?.replaceAll(/[^:=]*\/snapshots\//g, '') ?? ''
    expect(relative.split(':')).toHaveLength(127)
    expect(relative.length + 24 * 127).toBeLessThan(4900)
  })

  it('removes what a crash left half-made or half-removed, and what was temporary', async () => {
    const root = sub()
    const snapshotter = await prepared(root)
    await snapshotter.prepare('unpacking', undefined, { isTemporary: true })
    const kept = contents(root).filter((path) => !path.startsWith('unpacking'))
    mkdirSync(join(root, 'snapshots/.new-1/fs/x'), { recursive: true })
    mkdirSync(join(root, 'snapshots/.removed-1/fs/x'), { recursive: true })
    writeFileSync(join(root, 'snapshots/l/stale'), '')
    await OverlaySnapshotter.open({ root })
    expect(contents(root)).toEqual(kept)
  })

  it('completes a commit that a crash interrupted after its record was written', async () => {
    const root = sub()
    await prepared(root)
    renameSync(join(root, 'snapshots/top'), join(root, 'snapshots/2'))
    const snapshotter = await OverlaySnapshotter.open({ root })
    expect(await snapshotter.stat('top')).toMatchObject({ kind: 'committed', parent: 'base' })
    expect(existsSync((await snapshotter.layerDirectories('top'))[0] ?? '')).toBe(true)
    expect(await snapshotter.find('2')).toBeUndefined()
  })

  it.each<[string, string, (snapshotter: OverlaySnapshotter) => Promise<unknown>]>([
    ['SNAPSHOT_EXISTS', 'conflict', (snapshotter) => snapshotter.prepare('a')],
    ['SNAPSHOT_NOT_FOUND', 'not-found', (snapshotter) => snapshotter.stat('nothing')],
    ['SNAPSHOT_NOT_FOUND', 'not-found', (snapshotter) => snapshotter.commit('x', 'a', { parent: 'nothing' })],
    ['SNAPSHOT_NOT_ACTIVE', 'conflict', (snapshotter) => snapshotter.upperDirectory('top')],
    ['SNAPSHOT_NOT_COMMITTED', 'conflict', (snapshotter) => snapshotter.prepare('b', 'a')],
    ['SNAPSHOT_HAS_CHILDREN', 'conflict', (snapshotter) => snapshotter.remove('top')],
  ])('says %s, a %s, and changes nothing', async (code, kind, run) => {
    const root = sub()
    const snapshotter = await prepared(root)
    const before = contents(root)
    await expect(run(snapshotter)).rejects.toMatchObject({ code, kind })
    expect(contents(root)).toEqual(before)
  })

  it('leaves nothing of a snapshot that did not fit on a full disk, and works on', async () => {
    const root = sub()
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,nr_inodes=30', 'tmpfs', root])
    try {
      const snapshotter = await prepared(root)
      const before = contents(root)
      const fillers = Array.from({ length: 40 }, (_, i) => snapshotter.prepare(`more-${i}`, 'top'))
      const failed = (await Promise.allSettled(fillers)).filter(({ status }) => status === 'rejected')
      expect(failed.length).toBeGreaterThan(0)
      for (let i = 0; i < 40 - failed.length; i++) await snapshotter.remove(`more-${i}`)
      expect(contents(root)).toEqual(before)
      await snapshotter.prepare('again', 'top')
    } finally {
      execFileSync('umount', [root])
    }
  })

  it('puts a snapshot on another parent when it commits', async () => {
    const snapshotter = await prepared(sub())
    await snapshotter.prepare('free')
    await snapshotter.commit('free-top', 'free', { parent: 'top' })
    expect(await snapshotter.stat('free-top')).toMatchObject({ parent: 'top' })
    expect(await snapshotter.layerDirectories('free-top')).toHaveLength(3)
  })

  it.each([
    ['no JSON', '{'],
    ['another version', '{"version":2,"key":"top","kind":"committed","createdAt":"x","link":"a"}'],
    ['a link out of its directory', '{"version":1,"key":"top","kind":"committed","createdAt":"x","link":"../../x"}'],
    ['another kind', '{"version":1,"key":"top","kind":"odd","createdAt":"x"}'],
    ['nothing', ''],
  ])('works on with a record that is %s, and can remove it', async (_what, text) => {
    const root = sub()
    await prepared(root)
    const path = join(root, 'snapshots/a/record.json')
    writeFileSync(path, text)
    const snapshotter = await OverlaySnapshotter.open({ root })
    await expect(snapshotter.stat('a')).rejects.toMatchObject({ code: 'SNAPSHOT_BAD_RECORD', kind: 'corrupt' })
    expect(await snapshotter.stat('top')).toMatchObject({ kind: 'committed' })
    expect(readFileSync(path, 'utf8')).toBe(text)
    await snapshotter.remove('a')
    expect(await snapshotter.find('a')).toBeUndefined()
    await snapshotter.prepare('a', 'top')
  })

  it.each(['with:colon', 'with,comma', 'with\\backslash'])('refuses a root %s, which mount options cannot hold', async (name) => {
    await expect(OverlaySnapshotter.open({ root: join(sub(), name) })).rejects.toMatchObject({ code: 'SNAPSHOT_BAD_ROOT' })
  })

  it('leaves nothing behind once everything is removed', async () => {
    const root = sub()
    const snapshotter = await prepared(root)
    for (const key of ['a', 'top', 'base']) await snapshotter.remove(key)
    expect(contents(root)).toEqual(['l'])
  })
})
