import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createEngine } from '../src/index.ts'
import { busyboxArchive } from './busybox-image.ts'

let disk = ''
beforeEach(() => {
  disk = mkdtempSync(join(tmpdir(), 'ct-full-'))
})
afterEach(() => {
  execFileSync('umount', [disk])
  rmSync(disk, { recursive: true })
})

describe('a full disk', () => {
  it('fails what needs space with ENGINE_DISK_FULL, leaves no half image, and the engine serves on', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'ct-test', disk])
    await using engine = await createEngine({ root: join(disk, 'root'), runtimeDirectory: join(disk, 'run') })
    await expect(engine.images.load(busyboxArchive())).rejects.toMatchObject({ code: 'ENGINE_DISK_FULL', kind: 'exhausted' })
    expect(await engine.images.list()).toEqual([])
    await engine.images.prune()
    expect(await engine.diskUsage()).toMatchObject({ layersBytes: 0, images: [] })
    const { bavail, blocks } = statfsSync(disk)
    expect(bavail / blocks).toBeGreaterThan(0.8)

    execFileSync('mount', ['-o', 'remount,size=16m', disk])
    await engine.images.load(busyboxArchive())
    const { id } = await engine.containers.create({ image: 'busybox:test', command: ['true'], network: { mode: 'none' } })
    await engine.containers.start(id)
    expect(await engine.containers.wait(id)).toEqual({ exitCode: 0 })
    await engine.containers.remove(id)
  })
})
