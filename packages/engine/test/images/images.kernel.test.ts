import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { busyboxArchive, collected } from '../busybox-image.ts'
import { TestEngine } from '../test-engine.ts'

let test: TestEngine
beforeEach(async () => {
  test = await TestEngine.start()
})
afterEach(() => test[Symbol.asyncDispose]())

async function blobs(): Promise<number> {
  return (await test.engine.diskUsage()).images.length
}

describe('images', () => {
  it('are listed, found and described', async () => {
    const [image] = await test.engine.images.list()
    expect(image).toMatchObject({ repoTags: ['busybox:test'], createdAt: '2024-01-02T03:04:05Z', containers: 0 })
    expect(image?.sizeBytes).toBeGreaterThan(500_000)
    const id = image?.id ?? ''
    for (const text of ['busybox:test', id, id.slice(0, 20), id.slice(7, 19), 'docker.io/library/busybox:test']) {
      expect((await test.engine.images.get(text)).id).toBe(id)
    }
    const details = await test.engine.images.get(id)
    expect(details.config.config?.Env).toEqual(['PATH=/bin', 'FROM=image'])
    expect(details.layerDirectories).toHaveLength(2)
    expect((await test.engine.images.history(id)).map(({ createdBy, sizeBytes }) => [createdBy, sizeBytes > 0])).toEqual([
      ['CMD sh', false],
      ['ADD files', true],
      ['ADD programs', true],
    ])
    await expect(test.engine.images.get('nope')).rejects.toMatchObject({
      code: 'ENGINE_NO_IMAGE',
      kind: 'not-found',
      message: 'No such image: nope:latest',
    })
  })

  it('are gone with their last reference, with everything that only they had', async () => {
    const { images } = test.engine
    await images.tag('busybox:test', 'localhost:5000/team/box:1')
    expect(await images.remove('busybox:test')).toEqual([{ untagged: 'busybox:test' }])
    const { id } = await images.get('localhost:5000/team/box:1')
    expect(await images.remove('localhost:5000/team/box:1')).toEqual([{ untagged: 'localhost:5000/team/box:1' }, { deleted: id }])
    expect(await blobs()).toBe(0)
    expect((await test.engine.diskUsage()).layersBytes).toBe(0)
  })

  it('stay while a container has them, and what it needs stays when they are forced away', async () => {
    const { images, containers } = test.engine
    const { id } = await images.get('busybox:test')
    const running = await test.start(['sleep', '60'])
    await expect(images.remove(id, { force: true })).rejects.toMatchObject({
      code: 'ENGINE_IMAGE_IN_USE',
      message: expect.stringMatching(/cannot be forced.*running/),
    })
    await expect(images.remove('busybox:test')).rejects.toMatchObject({
      code: 'ENGINE_IMAGE_IN_USE',
      message: expect.stringMatching(/must force/),
    })
    await containers.stop(running, { timeoutSeconds: 0 })
    expect(await images.remove(id, { force: true })).toEqual([{ untagged: 'busybox:test' }, { deleted: id }])
    await containers.start(running)
    expect((await test.exec(running, ['cat', '/data/seed'])).stdout).toBe('from the image\n')
    await containers.remove(running, { force: true })
    await images.prune({ all: true })
    expect((await test.engine.diskUsage()).layersBytes).toBe(0)
  })

  it('keep their id through save and load', async () => {
    const { images } = test.engine
    const { id } = await images.get('busybox:test')
    const archive = await collected(images.save(['busybox:test']))
    await images.remove('busybox:test')
    const again = (async function* () {
      yield* archive
    })()
    expect(await images.load(again)).toEqual([{ id, references: ['busybox:test'] }])
    expect((await test.run(['echo', 'loaded'])).stdout).toBe('loaded\n')
  })

  it('of another architecture are refused when a container is made of them', async () => {
    await test.engine.images.load(busyboxArchive('other:arch', {}, 's390x'))
    await expect(test.engine.containers.create({ image: 'other:arch' })).rejects.toMatchObject({
      code: 'ENGINE_WRONG_PLATFORM',
      message: expect.stringMatching(/linux\/s390x/),
    })
  })

  it('leave nothing behind when their archive is bad', async () => {
    const broken = (async function* () {
      yield Buffer.alloc(1024, 'x')
    })()
    await expect(test.engine.images.load(broken)).rejects.toMatchObject({ kind: expect.stringMatching(/invalid|corrupt/) })
    expect(await test.engine.images.list()).toHaveLength(1)
  })

  it('whose record is lost are found again by their reference; a record that cannot be read is reported', async () => {
    const { id } = await test.engine.images.get('busybox:test')
    await test.reopen(() => writeFileSync(join(test.root, 'images', id.slice(7), 'image.json'), 'half'))
    expect((await test.engine.info()).warnings).toEqual([expect.stringMatching(/image.json cannot be read/)])
    expect((await test.run(['echo', 'found'])).stdout).toBe('found\n')
  })

  it('are told of', async () => {
    const controller = new AbortController()
    const events = test.engine.events.subscribe({ sinceNs: 0n, filters: { type: ['image'] }, signal: controller.signal })
    await test.engine.images.tag('busybox:test', 'box:2')
    await test.engine.images.remove('box:2')
    const actions: string[] = []
    for await (const { action } of events) {
      actions.push(action)
      if (action === 'untag') break
    }
    expect(actions).toEqual(['load', 'tag', 'untag'])
  })
})
