import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { digestOf, type ImageLayer, MEDIA_TYPES, type Source } from '@ct/image'
import { describe, expect, it } from 'vitest'
import { OverlaySnapshotter } from '../../src/snapshots/overlay-snapshotter.ts'
import { unpack } from '../../src/unpack/unpack.ts'
import { scratch, treeOf } from '../scratch.ts'
import { archive, chunked, file } from '../tar/archive.ts'

const { sub } = scratch()

/** Lets the snapshots of a directory come from before the last start of the machine. */
function reboot(root: string): void {
  for (const name of readdirSync(join(root, 'snapshots'))) {
    if (name === 'l') continue
    const path = join(root, 'snapshots', name, 'record.json')
    writeFileSync(path, readFileSync(path, 'utf8').replace(/("unsyncedBoot":")[^"]+/, '$1another'))
  }
}

const tars = [archive(file('a', 'one')), archive(file('b', 'two'))]
const layers = tars.map((tar): ImageLayer => {
  const bytes = gzipSync(tar)
  return { diffId: digestOf(tar), descriptor: { mediaType: MEDIA_TYPES.ociLayerGzip, digest: digestOf(bytes), size: bytes.length } }
})
/** Has the layers, but only so many of them for an attempt. */
const source = (count = tars.length): Source => ({
  resolve: () => Promise.reject(new TypeError('not needed')),
  fetch: ({ digest }) => {
    const index = layers.findIndex(({ descriptor }) => descriptor.digest === digest)
    if (index >= count) throw new Error('the source is gone')
    return chunked(gzipSync(tars[index] ?? ''))
  },
})

describe('snapshots of layers, after the machine went down', () => {
  it('are gone as a whole when they had not been synced, unpacked anew, and again below what was on top of them', async () => {
    const root = sub()
    const before = await OverlaySnapshotter.open({ root })
    await expect(unpack(source(1), { layers }, before, { concurrency: 1 })).rejects.toThrow('the source is gone')
    const lowest = layers[0]?.diffId ?? ''
    expect(await before.stat(lowest)).toMatchObject({ kind: 'committed' })
    await before.prepare('container', lowest)
    reboot(root)

    const after = await OverlaySnapshotter.open({ root })
    expect(await after.find(lowest)).toBeUndefined()
    expect(await after.stat('container')).toMatchObject({ kind: 'active', parent: lowest })
    expect(readdirSync(join(root, 'snapshots')).sort()).toEqual(['container', 'l'])
    const { chainId } = await unpack(source(), { layers }, after)
    expect(Object.keys(await treeOf({ mounts: await after.view('look', chainId) }))).toEqual(['.', 'a', 'b'])
    expect(Object.keys(await treeOf({ mounts: await after.mounts('container') }))).toEqual(['.', 'a'])
  })

  it('are there when the unpacking was done, or after a sync', async () => {
    const root = sub()
    const before = await OverlaySnapshotter.open({ root })
    const { chainId } = await unpack(source(), { layers }, before)
    await before.prepare('own')
    await before.commit('re-creatable', 'own', { isRecreatable: true })
    await before.sync()
    reboot(root)
    const after = await OverlaySnapshotter.open({ root })
    expect(await after.stat(chainId)).toEqual(await before.stat(chainId))
    expect(await after.find('re-creatable')).toBeDefined()
  })

  it('are there without one, when only the process went down', async () => {
    const root = sub()
    const before = await OverlaySnapshotter.open({ root })
    await before.prepare('own')
    await before.commit('re-creatable', 'own', { isRecreatable: true })
    await before.prepare('other')
    await before.commit('mine', 'other')
    expect(await (await OverlaySnapshotter.open({ root })).find('re-creatable')).toBeDefined()
    reboot(root)
    const after = await OverlaySnapshotter.open({ root })
    expect(await after.find('re-creatable')).toBeUndefined()
    expect(await after.find('mine')).toBeDefined()
  })
})
