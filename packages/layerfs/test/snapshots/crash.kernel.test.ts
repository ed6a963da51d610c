import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openTreeWriter, scanTree } from '@ct/native'
import { describe, expect, it } from 'vitest'
import { OverlaySnapshotter } from '../../src/snapshots/overlay-snapshotter.ts'
import { scratch } from '../scratch.ts'

const { sub } = scratch()
const FILES = 20
const LIFE = fileURLToPath(new URL('../../dist/index.js', import.meta.url))

/** A process that does nothing but unpack, commit and remove snapshots of 20 files each, until it is killed. */
const WORKER = `
import { applyLayer, OverlaySnapshotter, writeTar } from ${JSON.stringify(LIFE)}
const entry = (path) => ({ path: Buffer.from(path), type: 'file', mode: 0o644, uid: 0, gid: 0, sizeBytes: 0, mtimeNs: 0n, major: 0, minor: 0, xattrs: [] })
const snapshotter = await OverlaySnapshotter.open({ root: process.argv[1] })
process.stdout.write('ready')
for (let i = 0; ; i++) {
  const name = process.pid + '-' + i
  await snapshotter.prepare('unpack-' + name, undefined, { isTemporary: true })
  const layer = writeTar(Array.from({ length: ${FILES} }, (_, n) => entry('f' + n)))
  await applyLayer(layer, { path: await snapshotter.upperDirectory('unpack-' + name) }, { whiteouts: 'overlay' })
  await snapshotter.commit('layer-' + name, 'unpack-' + name)
  await snapshotter.prepare('container-' + name, 'layer-' + name)
  if (i % 3 === 0) await snapshotter.remove('container-' + name)
  if (i % 6 === 0) await snapshotter.remove('layer-' + name)
}
`

describe('OverlaySnapshotter, killed at any moment', () => {
  it('has whole snapshots only, and nothing else on disk, when it is opened again', async () => {
    const root = sub()
    for (let round = 0; round < 12; round++) {
      const worker = spawn(process.execPath, ['--input-type=module', '-e', WORKER, root], { stdio: ['ignore', 'pipe', 'inherit'] })
      await once(worker.stdout, 'data')
      await setTimeout(Math.random() * 150)
      worker.kill('SIGKILL')
      await once(worker, 'exit')

      const snapshotter = await OverlaySnapshotter.open({ root })
      const keys: string[] = []
      for await (const { key, kind } of snapshotter.list()) {
        keys.push(key)
        expect(key).not.toContain('unpack-')
        if (kind !== 'committed') continue
        const [directory = ''] = await snapshotter.layerDirectories(key)
        const names: string[] = []
        for await (const { path } of scanTree({ path: directory })) names.push(String(path))
        expect(names).toHaveLength(FILES + 1)
      }
      expect(
        readdirSync(join(root, 'snapshots'))
          .filter((name) => name !== 'l')
          .sort(),
      ).toEqual(keys.sort())
      expect(readdirSync(join(root, 'snapshots/l'))).toHaveLength(keys.filter((key) => key.startsWith('layer-')).length)
    }
  })

  it('mounts 500 layers, more than the page of mount options holds', async () => {
    const snapshotter = await OverlaySnapshotter.open({ root: sub() })
    let parent: string | undefined
    for (let i = 0; i < 500; i++) {
      await snapshotter.prepare('active', parent)
      parent = `layer-${i}`
      await snapshotter.commit(parent, 'active')
    }
    const mounts = await snapshotter.prepare('container', parent)
    expect(mounts[0]?.options[0]?.length).toBeGreaterThan(4096)
    await using writer = await openTreeWriter({ mounts })
    writer.file('made', { mode: 0o644, uid: 0, gid: 0 }, 0)
    await writer.finish()
    expect(readdirSync(await snapshotter.upperDirectory('container'))).toEqual(['made'])
  })
})
