import { mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ContentStore, digestOf } from '../src/index.ts'
import { body, bytesOf, pushTestImage, storeContract, targetContract, testBlob, testImage } from '../src/testing/index.ts'
import { temporaryDirectory } from './temporary.ts'

const refs = ['localhost:5000/app:1', 'example.org/app:2'] as const

async function makeStore() {
  const directory = await temporaryDirectory()
  const target = await ContentStore.open(directory.path)
  return { target, refs, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() }
}

targetContract('ContentStore', makeStore)
storeContract('ContentStore', makeStore)

describe('ContentStore', () => {
  it('keeps everything for the next one who opens it', async () => {
    await using made = await makeStore()
    const image = testImage(['layer'])
    await pushTestImage(made.target, image, 'debian:12')
    const again = await ContentStore.open(made.target.root)
    expect(await again.resolve('debian:12')).toEqual(image.root)
    expect(digestOf(await readFile(again.path(digestOf('layer'))))).toBe(digestOf('layer'))
  })

  it('has one small file for each reference', async () => {
    await using made = await makeStore()
    const image = testImage(['layer'])
    await pushTestImage(made.target, image, 'localhost:5000/team/app:1')
    const record = await readFile(join(made.target.root, 'refs/localhost%3A5000/team/app/_tags/1'), 'utf8')
    expect(JSON.parse(record)).toEqual({ version: 1, descriptor: image.root })
    await made.target.untag('localhost:5000/team/app:1')
    expect(await readdir(join(made.target.root, 'refs'))).toEqual([])
  })

  it('leaves nothing under a final or temporary name when a push fails', async () => {
    await using made = await makeStore()
    const { descriptor } = testBlob('expected')
    await expect(made.target.push(descriptor, body(Buffer.from('received')))).rejects.toMatchObject({
      code: 'IMAGE_DIGEST_MISMATCH',
      kind: 'corrupt',
    })
    await expect(made.target.push(descriptor, body(Buffer.from('short')))).rejects.toMatchObject({
      code: 'IMAGE_SIZE_MISMATCH',
      kind: 'corrupt',
    })
    expect(await readdir(join(made.target.root, 'blobs/sha256'))).toEqual([])
  })

  it('withholds the end of a blob that was damaged on disk', async () => {
    await using made = await makeStore()
    const { descriptor, bytes } = testBlob('a'.repeat(3_000_000))
    await made.target.push(descriptor, body(bytes))
    const damaged = Buffer.from(bytes)
    damaged[2_999_999] = 0
    await writeFile(made.target.path(descriptor.digest), damaged)
    let received = 0
    const read = async () => {
      for await (const chunk of made.target.fetch(descriptor)) received += chunk.byteLength
    }
    await expect(read()).rejects.toMatchObject({ code: 'IMAGE_DIGEST_MISMATCH' })
    expect(received).toBeLessThan(3_000_000)
  })

  it('replaces a blob that lost its end', async () => {
    await using made = await makeStore()
    const { descriptor, bytes } = testBlob('whole')
    await made.target.push(descriptor, body(bytes))
    await writeFile(made.target.path(descriptor.digest), 'who')
    expect(await made.target.has(descriptor)).toBe(false)
    await made.target.push(descriptor, body(bytes))
    expect(`${await bytesOf(made.target.fetch(descriptor))}`).toBe('whole')
  })

  it('removes half-written files of the past when it is opened, and leaves fresh ones alone', async () => {
    await using made = await makeStore()
    const directory = join(made.target.root, 'blobs/sha256')
    const longAgo = new Date(Date.now() - 2 * 60 * 60 * 1000)
    for (const name of ['.tmp-old', '.tmp-new']) await writeFile(join(directory, name), 'half')
    await utimes(join(directory, '.tmp-old'), longAgo, longAgo)
    await ContentStore.open(made.target.root)
    expect(await readdir(directory)).toEqual(['.tmp-new'])
  })

  it('names a record of a reference that cannot be read, and collects nothing then', async () => {
    await using made = await makeStore()
    await pushTestImage(made.target, testImage(['layer']), 'debian:12')
    const path = join(made.target.root, 'refs/docker.io/library/debian/_tags/12')
    await writeFile(path, '{"version":2}')
    await expect(made.target.resolve('debian:12')).rejects.toMatchObject({
      code: 'IMAGE_BAD_STORE',
      message: expect.stringContaining(path),
    })
    await expect(made.target.collect()).rejects.toMatchObject({ code: 'IMAGE_BAD_STORE' })
    expect(await made.target.has(digestOf('layer'))).toBe(true)
  })

  it('passes over files that are no references', async () => {
    await using made = await makeStore()
    const tags = join(made.target.root, 'refs/docker.io/library/debian/_tags')
    await mkdir(tags, { recursive: true })
    await writeFile(join(tags, '.tmp-1234'), 'half')
    await symlink('/etc/passwd', join(tags, 'link'))
    expect(await made.target.listRefs()).toEqual([])
  })

  it('gives up reading when nobody listens any more', async () => {
    await using made = await makeStore()
    const { descriptor, bytes } = testBlob('b'.repeat(5_000_000))
    await made.target.push(descriptor, body(bytes, 70_000))
    for await (const chunk of made.target.fetch(descriptor)) {
      expect(chunk.byteLength).toBeGreaterThan(0)
      break
    }
    expect(digestOf(await bytesOf(made.target.fetch(descriptor)))).toBe(descriptor.digest)
  })

  it('does not lose a blob to a collection that runs while it is pushed and tagged under a lease', async () => {
    await using made = await makeStore()
    for (let round = 0; round < 20; round++) {
      const image = testImage([`layer ${round}`, 'shared'])
      const pushing = (async () => {
        using _lease = made.target.lease()
        await pushTestImage(made.target, image, `app:${round}`)
      })()
      await Promise.all([pushing, made.target.collect(), made.target.collect()])
      for (const { descriptor } of image.blobs) expect(await made.target.has(descriptor)).toBe(true)
      await made.target.untag(`app:${round}`)
    }
  })
})
