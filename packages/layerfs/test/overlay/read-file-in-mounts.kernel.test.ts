import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import type { Mount } from '../../src/mount.ts'
import { readFileInMounts } from '../../src/overlay/read-file-in-mounts.ts'
import { apply, scratch } from '../scratch.ts'
import { archive, file, header } from '../tar/archive.ts'

const { sub } = scratch()
const dir = (name: string): Buffer => header({ name, type: '5', mode: '0000755' })
const link = (name: string, target: string): Buffer => header({ name, type: '2', link: target })

/** Mounts of layers, lowest first. */
async function mountsOf(...layers: readonly (readonly Buffer[])[]): Promise<Mount[]> {
  const paths: string[] = []
  for (const parts of layers) {
    const path = sub()
    await apply(archive(...parts), path, 'overlay')
    paths.unshift(path)
  }
  const [upper, ...lowers] = paths
  return [{ type: 'overlay', source: 'overlay', options: [`lowerdir=${lowers.join(':')}`, `upperdir=${upper}`, `workdir=${sub()}`] }]
}

const read = async (mounts: readonly Mount[], path: string): Promise<string | undefined> => {
  const bytes = await readFileInMounts(mounts, path)
  return bytes && Buffer.from(bytes).toString()
}

describe('readFileInMounts', () => {
  it('finds a file in the uppermost layer that has it', async () => {
    const mounts = await mountsOf([dir('etc/'), file('etc/a', '1'), file('etc/b', '1')], [dir('etc/'), file('etc/a', '2')], [dir('etc/')])
    expect([await read(mounts, '/etc/a'), await read(mounts, 'etc/b'), await read(mounts, '/etc/c')]).toEqual(['2', '1', undefined])
  })

  it.each<[string, Buffer[]]>([
    ['a whiteout', [dir('etc/'), file('etc/.wh.a')]],
    ['a whiteout of its directory', [file('.wh.etc')]],
    ['an opaque directory', [dir('etc/'), file('etc/.wh..wh..opq')]],
    ['a file in place of its directory', [file('etc', 'x')]],
    ['a directory in its place', [dir('etc/'), dir('etc/a')]],
    ['a fifo in its place', [dir('etc/'), header({ name: 'etc/a', type: '6' })]],
  ])('does not see a file below %s', async (_what, upper) => {
    expect(await read(await mountsOf([dir('etc/'), file('etc/a', '1')], upper), '/etc/a')).toBeUndefined()
    expect(await read(await mountsOf([dir('etc/'), file('etc/a', '1')], upper, []), '/etc/a')).toBeUndefined()
  })

  it.each([
    ['absolute', 'l/f', [link('l', '/real')]],
    ['relative', 'd/l/f', [dir('d/'), link('d/l', '../real')]],
    ['above the root', 'l', [link('l', '../../../../real/f')]],
    ['in a chain', 'a', [link('a', 'b'), link('b', '/c/f'), link('c', 'real')]],
    ['with dots in the path', 'real/../l/./f', [link('l', 'real/')]],
  ])('follows links inside the root: %s', async (_what, path, parts) => {
    expect(await read(await mountsOf([dir('real/'), file('real/f', 'found')], parts), path)).toBe('found')
  })

  it('never leaves the root', async () => {
    const mounts = await mountsOf([dir('etc/'), link('etc/hostname', '/etc/os-release'), link('up', '../../../../../..')])
    for (const path of ['/etc/hostname', '/up/etc/os-release', '../../../../../etc/os-release'])
      expect(await read(mounts, path)).toBeUndefined()
  })

  it('gives up on a loop of links', async () => {
    const mounts = await mountsOf([link('a', 'b'), link('b', 'a')])
    await expect(read(mounts, 'a')).rejects.toMatchObject({ code: 'LAYERFS_LINK_LOOP' })
  })

  it('limits what it reads', async () => {
    const mounts = await mountsOf([file('big', 'x'.repeat(100))])
    expect(await readFileInMounts(mounts, 'big', { maxBytes: 100 })).toHaveLength(100)
    await expect(readFileInMounts(mounts, 'big', { maxBytes: 99 })).rejects.toMatchObject({ code: 'LAYERFS_FILE_TOO_LARGE' })
  })

  it('reads through a bind mount, and no others', async () => {
    const source = sub()
    execFileSync('sh', ['-c', 'mkdir etc; printf x > etc/a'], { cwd: source })
    expect(await read([{ type: 'bind', source, options: ['rbind', 'rw'] }], '/etc/a')).toBe('x')
    for (const mounts of [[], [{ type: 'tmpfs', source: 'tmpfs', options: [] }]]) {
      await expect(read(mounts, '/etc/a')).rejects.toMatchObject({ code: 'LAYERFS_MOUNT_UNSUPPORTED' })
    }
  })
})
