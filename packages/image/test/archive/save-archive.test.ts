import { describe, expect, it } from 'vitest'
import { unpackTar } from '../../src/archive/unpack-tar.ts'
import { copy, digestHex, digestOf, loadArchive, MemoryStore, openArchive, saveArchive } from '../../src/index.ts'
import { body, bytesOf, pushTestImage, testImage } from '../../src/testing/index.ts'

async function twoImages() {
  const store = new MemoryStore()
  const [one, two] = [testImage(['shared', 'one']), testImage(['shared', 'two'.repeat(1_000_000)])]
  await pushTestImage(store, one, 'app:1')
  await store.tag(one.root, 'localhost:5000/team/app:1')
  await pushTestImage(store, two, 'app:2')
  return { store, one, two }
}

describe('saveArchive', () => {
  it('is loaded back with the same digests and names', async () => {
    const { store, one, two } = await twoImages()
    const back = new MemoryStore()
    const images = await loadArchive(back, saveArchive(store, ['app:1', 'localhost:5000/team/app:1', 'app:2']))
    expect(images.map(({ descriptor, references }) => [descriptor, references])).toEqual([
      [one.root, ['docker.io/library/app:1', 'localhost:5000/team/app:1']],
      [two.root, ['docker.io/library/app:2']],
    ])
    expect(await back.listRefs()).toEqual(await store.listRefs())
  })

  it('has the files that docker writes, each blob once, and equal bytes for equal images', async () => {
    const { store, one, two } = await twoImages()
    const archive = await bytesOf(saveArchive(store, ['app:1', 'app:2']))
    const names: string[] = []
    const documents: Record<string, unknown> = {}
    for await (const entry of unpackTar(body(archive, 100_000))) {
      names.push(entry.name)
      if (!entry.name.startsWith('blobs')) documents[entry.name] = JSON.parse(`${await bytesOf(entry.body)}`)
    }
    const blobs = new Set([...one.blobs, ...two.blobs].map(({ descriptor }) => `blobs/sha256/${digestHex(descriptor.digest)}`))
    expect([...names].sort()).toEqual(
      ['blobs/', 'blobs/sha256/', ...blobs, 'index.json', 'manifest.json', 'oci-layout', 'repositories'].sort(),
    )
    expect(documents['manifest.json']).toMatchObject([{ RepoTags: ['app:1'] }, { RepoTags: ['app:2'] }])
    expect(documents.repositories).toEqual({
      app: { 1: expect.stringMatching(/^[0-9a-f]{64}$/), 2: expect.stringMatching(/^[0-9a-f]{64}$/) },
    })
    expect(digestOf(await bytesOf(saveArchive(store, ['app:1', 'app:2'])))).toBe(digestOf(archive))
  })

  it('writes a name once that is asked for twice', async () => {
    const { store, one } = await twoImages()
    const images = await loadArchive(new MemoryStore(), saveArchive(store, ['app:1', 'docker.io/library/app:1']))
    expect(images).toMatchObject([{ references: ['docker.io/library/app:1'], descriptor: one.root }])
    const entries = unpackTar(saveArchive(store, ['app:1', 'docker.io/library/app:1']))
    for await (const { name, body: content } of entries) {
      if (name === 'manifest.json') expect(JSON.parse(`${await bytesOf(content)}`)[0].RepoTags).toEqual(['app:1'])
    }
  })

  it('saves an image asked for by digest without a name', async () => {
    const { store, one } = await twoImages()
    const [image] = await loadArchive(new MemoryStore(), saveArchive(store, [one.root.digest]))
    expect(image).toMatchObject({ references: [], descriptor: one.root })
  })

  it('ends with the error of the store, and can be left early', async () => {
    const { store } = await twoImages()
    await expect(bytesOf(saveArchive(store, ['app:1', 'absent']))).rejects.toMatchObject({ code: 'IMAGE_NO_REFERENCE' })
    for await (const chunk of saveArchive(store, ['app:2'])) {
      expect(chunk.byteLength).toBeGreaterThan(0)
      break
    }
    const broken = {
      resolve: store.resolve.bind(store),
      fetch: (d: Parameters<typeof store.fetch>[0]) => (d.size > 1_000_000 ? failing() : store.fetch(d)),
    }
    await expect(bytesOf(saveArchive(broken, ['app:2']))).rejects.toThrow('the disk broke')
  })
})

describe('openArchive', () => {
  it('makes a source of an archive, which copy takes images from', async () => {
    const { store, one } = await twoImages()
    await using archive = await openArchive(saveArchive(store, ['app:1']))
    const target = new MemoryStore()
    await copy(archive, target, 'app:1', { as: 'copied:1' })
    expect(await target.resolve('copied:1')).toEqual(one.root)
    expect(archive.images).toHaveLength(1)
  })

  it('leaves nothing behind when the archive is bad', async () => {
    await expect(openArchive(body(Buffer.from('no tar')))).rejects.toMatchObject({ code: 'IMAGE_BAD_ARCHIVE' })
  })
})

async function* failing(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('some')
  throw new Error('the disk broke')
}
