import { type FileHandle, mkdir, open, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
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

  it('sees at once what another process that writes has tagged', async () => {
    await using made = await makeStore()
    const [first, second] = [testImage(['one']), testImage(['two'])]
    const reader = await ContentStore.open(made.target.root)
    for (const image of [first, second, first]) {
      await pushTestImage(made.target, image, 'debian:12')
      expect(await reader.resolve('debian:12')).toEqual(image.root)
      expect(await reader.resolve('debian:12')).toEqual(image.root)
    }
    await made.target.untag('debian:12')
    await expect(reader.resolve('debian:12')).rejects.toMatchObject({ code: 'IMAGE_NO_REFERENCE' })
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

  it('writes a body that comes byte by byte', async () => {
    await using made = await makeStore()
    const bytes = Buffer.alloc(300_000, 'drip')
    await using ingest = await made.target.openIngest()
    for (let at = 0; at < bytes.byteLength; at++) await ingest.write(bytes.subarray(at, at + 1))
    const { digest } = await ingest.commit({ digest: digestOf(bytes) })
    expect(await readFile(made.target.path(digest))).toEqual(bytes)
  }, 10_000)

  it('lets an upload rest that is older than what is swept up', async () => {
    await using made = await makeStore()
    await using ingest = await made.target.openIngest()
    await ingest.write(Buffer.from('slow'))
    const blobs = join(made.target.root, 'blobs/sha256')
    const longAgo = new Date(Date.now() - 10 * 3_600_000)
    for (const name of await readdir(blobs)) await utimes(join(blobs, name), longAgo, longAgo)
    await made.target.collect()
    const { digest } = await ingest.commit()
    expect(await readdir(blobs)).toEqual([digest.slice('sha256:'.length)])
  })

  it('reports a disk that fails ahead of the reader when the reader gets there', async () => {
    await using made = await makeStore()
    const { descriptor, bytes } = testBlob(Buffer.alloc(3_000_000, 'x'))
    await made.target.push(descriptor, body(bytes))
    const handle = await open(made.target.path(descriptor.digest))
    const files = Object.getPrototypeOf(handle) as FileHandle
    await handle.close()
    const { read } = files
    let reads = 0
    const spy = vi.spyOn(files, 'read').mockImplementation(async function (this: FileHandle, ...args: unknown[]) {
      if (++reads > 1) throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' })
      return (read as (...all: unknown[]) => never).apply(this, args)
    } as typeof read)
    try {
      const chunks = made.target.fetch(descriptor, { verify: false })
      await chunks.next()
      // Long enough for Node to see that nobody has asked for the next chunk yet.
      await new Promise((resolve) => setTimeout(resolve, 20))
      await expect(chunks.next()).rejects.toThrow('EIO')
    } finally {
      spy.mockRestore()
    }
  })
})
