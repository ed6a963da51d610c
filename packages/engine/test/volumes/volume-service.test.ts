import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EventBus } from '../../src/events/event-bus.ts'
import { VolumeService } from '../../src/volumes/volume-service.ts'
import { VolumeStore } from '../../src/volumes/volume-store.ts'

let root = ''
const users = new Map<string, string[]>()
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ct-volumes-'))
  users.clear()
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const open = (): VolumeService => new VolumeService(new VolumeStore(join(root, 'volumes'), new EventBus()), () => users)

describe('volumes', () => {
  it('are made once, and found again by a later engine', async () => {
    const made = await open().create({ name: 'store', labels: { tier: 'data' } })
    expect(made).toMatchObject({ name: 'store', driver: 'local', anonymous: false, mountpoint: join(root, 'volumes/store/data') })
    const later = open()
    expect(await later.create({ name: 'store' })).toEqual(made)
    expect(later.list({ filters: { label: ['tier=data'] } })).toEqual([made])
  })

  it('without a name have one of 64 digits, and a label that says so', async () => {
    expect(await open().create()).toMatchObject({
      name: expect.stringMatching(/^[0-9a-f]{64}$/),
      anonymous: true,
      labels: { 'com.docker.volume.anonymous': '' },
    })
  })

  it.each([['x'], ['a/b'], ['../up'], ['-a'], ['a b']])('refuse the name %j', async (name) => {
    await expect(open().create({ name })).rejects.toMatchObject({
      code: 'ENGINE_INVALID',
      kind: 'invalid',
      message: expect.stringContaining('includes invalid characters for a local volume name'),
    })
    expect(readdirSync(join(root, 'volumes'))).toEqual([])
  })

  it.each([[{ driver: 'nfs' }], [{ options: { size: '1g' } }]])('refuse %j', async (spec) => {
    await expect(open().create({ name: 'store', ...spec })).rejects.toMatchObject({ code: 'ENGINE_UNSUPPORTED' })
  })

  it('that are not there are ENGINE_NO_VOLUME, unless their removal is forced', async () => {
    const volumes = open()
    expect(() => volumes.get('none')).toThrow(
      expect.objectContaining({ code: 'ENGINE_NO_VOLUME', kind: 'not-found', message: 'get none: no such volume' }),
    )
    await expect(volumes.remove('none')).rejects.toMatchObject({ code: 'ENGINE_NO_VOLUME' })
    await volumes.remove('none', { force: true })
  })

  it('are pruned when nobody has them, named ones only when all are meant', async () => {
    const volumes = open()
    const { name: anonymous, mountpoint } = await volumes.create()
    await volumes.create({ name: 'named' })
    const { name: used } = await volumes.create()
    users.set(used, ['container'])
    writeFileSync(join(mountpoint, 'file'), 'x'.repeat(100))
    expect(await volumes.prune()).toEqual({ removed: [anonymous], freedBytes: 100 })
    expect(await volumes.prune({ all: true })).toEqual({ removed: ['named'], freedBytes: 0 })
    expect(volumes.list().map(({ name }) => name)).toEqual([used])
    await expect(volumes.remove(used)).rejects.toMatchObject({
      code: 'ENGINE_VOLUME_IN_USE',
      message: `remove ${used}: volume is in use - [container]`,
    })
  })
})
