import { openTreeWriter, scanTree, type TreeTarget } from '@ct/native'
import { describe, expect, it } from 'vitest'
import type { Mount } from '../mount.ts'
import type { SnapshotInfo, Snapshotter } from '../snapshots/snapshotter.ts'

/** A snapshotter to test, and what makes it go away. */
export interface SnapshotterUnderTest extends AsyncDisposable {
  readonly snapshotter: Snapshotter
}

type Make = () => Promise<SnapshotterUnderTest>

const META = { mode: 0o644, uid: 0, gid: 0 }

/** What every snapshotter does, run for an empty one each time. Needs root on Linux. */
export function snapshotterContract(name: string, make: Make): void {
  describe(`${name} as a snapshotter`, () => {
    stacks(make)
    keepsKeys(make)
    accounts(make)
  })
}

function stacks(make: Make): void {
  it('shows what is committed below, and writes to the active snapshot only', async () => {
    await using made = await make()
    const { snapshotter } = made
    await write(await snapshotter.prepare('one'), { a: 'lower', b: 'lower' })
    await snapshotter.commit('base', 'one')
    const left = await snapshotter.prepare('left', 'base')
    const right = await snapshotter.prepare('right', 'base')
    await write(left, { a: 'left', c: 'new' }, ['b'])
    expect(await read(left)).toEqual({ a: 'left', c: 'new' })
    expect(await read(right)).toEqual({ a: 'lower', b: 'lower' })
    expect(await read(await snapshotter.view('look', 'base'))).toEqual({ a: 'lower', b: 'lower' })
  })

  it('stacks many', async () => {
    await using made = await make()
    const { snapshotter } = made
    let parent: string | undefined
    const expected: Record<string, string> = {}
    for (let i = 0; i < 60; i++) {
      await write(await snapshotter.prepare(`active-${i}`, parent), { [`f${i}`]: `${i}`, last: `${i}` })
      await snapshotter.commit(`layer-${i}`, `active-${i}`)
      parent = `layer-${i}`
      Object.assign(expected, { [`f${i}`]: `${i}`, last: `${i}` })
    }
    expect(await read(await snapshotter.prepare('top', parent))).toEqual(expected)
    expect(await read(await snapshotter.view('view', parent ?? ''))).toEqual(expected)
  })

  it('keeps owner and mode of the root', async () => {
    await using made = await make()
    const { snapshotter } = made
    const mounts = await snapshotter.prepare('one')
    await using writer = await openTreeWriter({ mounts })
    writer.setMeta('.', { mode: 0o1770, uid: 12, gid: 34 })
    await writer.finish()
    await snapshotter.commit('base', 'one')
    for await (const root of scanTree({ mounts: await snapshotter.prepare('two', 'base') })) {
      expect(root).toMatchObject({ mode: 0o1770, uid: 12, gid: 34 })
    }
  })

  it('does not let a view be written to', async () => {
    await using made = await make()
    const { snapshotter } = made
    await write(await snapshotter.prepare('one'), { a: '1' })
    await snapshotter.commit('base', 'one')
    await expect(write(await snapshotter.view('look', 'base'), { a: '2' })).rejects.toMatchObject({ code: 'NATIVE_TREE_FAILED' })
  })
}

function keepsKeys(make: Make): void {
  it('knows its snapshots by key, of any form', async () => {
    await using made = await make()
    const { snapshotter } = made
    const keys = ['sha256:abc', 'with/slash', '../up', '.hidden', 'l', 'a,b', 'ü ber', '%2e']
    for (const key of keys) {
      await snapshotter.prepare(key)
      expect(await snapshotter.stat(key)).toMatchObject({ key, kind: 'active' })
    }
    await snapshotter.commit('.committed', '.hidden')
    await snapshotter.view('/', '.committed')
    expect(await snapshotter.find('.hidden')).toBeUndefined()
    const listed = (await all(snapshotter.list())).map(({ key, kind, parent }) => `${key} ${kind} ${parent ?? ''}`).sort()
    const active = keys.filter((key) => key !== '.hidden').map((key) => `${key} active `)
    expect(listed).toEqual([...active, '.committed committed ', '/ view .committed'].sort())
    for (const key of keys.filter((each) => each !== '.hidden')) await snapshotter.remove(key)
    expect(await all(snapshotter.list())).toHaveLength(2)
  })

  it('lists parents before children', async () => {
    await using made = await make()
    const { snapshotter } = made
    for (const [name, parent] of [['z'], ['m', 'z'], ['a', 'm']] as const) {
      await snapshotter.prepare('active', parent)
      await snapshotter.commit(name, 'active')
    }
    expect((await all(snapshotter.list())).map(({ key }) => key)).toEqual(['z', 'm', 'a'])
  })

  it('refuses what cannot be', async () => {
    await using made = await make()
    const { snapshotter } = made
    await snapshotter.prepare('one')
    await snapshotter.commit('base', 'one')
    await snapshotter.prepare('two', 'base')
    const refusals: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['SNAPSHOT_EXISTS', () => snapshotter.prepare('two')],
      ['SNAPSHOT_EXISTS', () => snapshotter.prepare('base')],
      ['SNAPSHOT_EXISTS', () => snapshotter.commit('base', 'two')],
      ['SNAPSHOT_NOT_FOUND', () => snapshotter.prepare('three', 'nothing')],
      ['SNAPSHOT_NOT_FOUND', () => snapshotter.commit('three', 'one')],
      ['SNAPSHOT_NOT_FOUND', () => snapshotter.stat('one')],
      ['SNAPSHOT_NOT_FOUND', () => snapshotter.mounts('one')],
      ['SNAPSHOT_NOT_FOUND', () => snapshotter.usage('one')],
      ['SNAPSHOT_NOT_FOUND', () => snapshotter.remove('one')],
      ['SNAPSHOT_NOT_COMMITTED', () => snapshotter.view('three', 'two')],
      ['SNAPSHOT_NOT_COMMITTED', () => snapshotter.prepare('three', 'two')],
      ['SNAPSHOT_NOT_ACTIVE', () => snapshotter.commit('three', 'base')],
      ['SNAPSHOT_NOT_ACTIVE', () => snapshotter.mounts('base')],
      ['SNAPSHOT_HAS_CHILDREN', () => snapshotter.remove('base')],
    ]
    for (const [code, run] of refusals) await expect(run(), code).rejects.toMatchObject({ code })
    expect((await all(snapshotter.list())).map(({ key }) => key)).toEqual(['base', 'two'])
  })
}

function accounts(make: Make): void {
  it('counts what a snapshot takes on its own, a file with two names once', async () => {
    await using made = await make()
    const { snapshotter } = made
    const mounts = await snapshotter.prepare('one')
    await write(mounts, { a: 'x'.repeat(1000), b: 'y'.repeat(500) })
    await using writer = await openTreeWriter({ mounts })
    writer.hardLink('c', 'a')
    await writer.finish()
    expect(await snapshotter.usage('one')).toEqual({ sizeBytes: 1500, inodes: 3 })
    await snapshotter.commit('base', 'one')
    expect(await snapshotter.usage('base')).toEqual({ sizeBytes: 1500, inodes: 3 })
    await snapshotter.view('look', 'base')
    expect((await snapshotter.usage('look')).sizeBytes).toBe(0)
  })

  it('removes a snapshot with whatever is in it', async () => {
    await using made = await make()
    const { snapshotter } = made
    const mounts = await snapshotter.prepare('one')
    await using writer = await openTreeWriter({ mounts })
    writer.file(Buffer.from([0x64, 0x2f, 0xff, 0x2f, 0x66]), META, 0)
    writer.symlink('d/link', '/etc', META)
    writer.setMeta('d', { ...META, mode: 0 })
    await writer.finish()
    await snapshotter.remove('one')
    expect(await snapshotter.find('one')).toBeUndefined()
    expect(await read(await snapshotter.prepare('one'))).toEqual({})
  })
}

async function write(mounts: readonly Mount[], files: Readonly<Record<string, string>>, removed: readonly string[] = []): Promise<void> {
  await using writer = await openTreeWriter({ mounts })
  for (const [path, text] of Object.entries(files)) {
    const bytes = Buffer.from(text)
    writer.file(path, META, bytes.length)
    writer.write(bytes)
  }
  for (const path of removed) writer.remove(path)
  await writer.finish()
}

async function read(mounts: readonly Mount[]): Promise<Record<string, string>> {
  const target: TreeTarget = { mounts }
  const files: Record<string, string> = {}
  for await (const { path, content } of scanTree(target, { content: true })) {
    if (content === undefined) continue
    const chunks: Uint8Array[] = []
    for await (const chunk of content) chunks.push(Buffer.from(chunk))
    files[Buffer.from(path).toString()] = Buffer.concat(chunks).toString()
  }
  return files
}

async function all(list: AsyncIterable<SnapshotInfo>): Promise<SnapshotInfo[]> {
  const found: SnapshotInfo[] = []
  for await (const info of list) found.push(info)
  return found
}
