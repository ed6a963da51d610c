import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { openTreeWriter } from '@ct/native'
import { describe, expect, it } from 'vitest'
import { CopySnapshotter } from '../../src/snapshots/copy-snapshotter.ts'
import { snapshotterContract } from '../../src/testing/index.ts'
import { apply, scratch, treeOf } from '../scratch.ts'
import { archive, file, header, pax } from '../tar/archive.ts'

const { sub } = scratch()

snapshotterContract('CopySnapshotter', async () => ({
  snapshotter: await CopySnapshotter.open({ root: sub() }),
  [Symbol.asyncDispose]: async () => undefined,
}))

describe('CopySnapshotter', () => {
  it('copies whatever a tree can have, exactly', async () => {
    const root = sub()
    const snapshotter = await CopySnapshotter.open({ root })
    const [mount] = await snapshotter.prepare('one')
    const attributes = pax([
      ['mtime', '-1.000000005'],
      ['SCHILY.xattr.user.x', Buffer.from([0, 255])],
      ['SCHILY.xattr.trusted.y', 'z'],
    ])
    const parts = [
      header({ name: 'd/', type: '5', mode: '0001777' }),
      attributes,
      file('d/f', 'content', { mode: '0006755', uid: '0000012' }),
    ]
    const others = [
      header({ name: 'd/h', type: '1', link: 'd/f' }),
      header({ name: 'l', type: '2', link: '../out', mode: '0000777' }),
      header({ name: 'dev', type: '3', major: '0000001', minor: '0000003' }),
      header({ name: 'p', type: '6' }),
    ]
    await apply(archive(...parts, ...others), mount?.source ?? '')
    await snapshotter.commit('base', 'one')
    const [copy] = await snapshotter.prepare('two', 'base')
    expect(copy).toMatchObject({ type: 'bind', options: ['rbind', 'rw'] })
    const original = await treeOf({ path: join(root, 'snapshots/base/fs') }, { exact: true })
    expect(await treeOf({ path: copy?.source ?? '' }, { exact: true })).toEqual(original)
  })

  it('has whole copies only, and nothing of one that failed', async () => {
    const root = sub()
    const snapshotter = await CopySnapshotter.open({ root })
    const [mount] = await snapshotter.prepare('one')
    await using writer = await openTreeWriter({ path: mount?.source ?? '' })
    writer.file('f', { mode: 0o644, uid: 0, gid: 0 }, 0)
    await writer.finish()
    await snapshotter.commit('base', 'one')
    const results = await Promise.allSettled([snapshotter.prepare('two', 'base'), snapshotter.prepare('two', 'base')])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'SNAPSHOT_EXISTS' } })
    expect(readdirSync(join(root, 'snapshots')).sort()).toEqual(['base', 'l', 'two'])
  })
})
