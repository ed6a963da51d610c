import { rm, writeFile } from 'node:fs/promises'
import { digestHex } from '@ct/image'
import { bytesOf, pushTestImage, storeContract, targetContract, testImage } from '@ct/image/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { S3ImageStore } from '../src/index.ts'
import { credentials, type S3Server, startS3Server } from './s3-server.ts'

vi.setConfig({ testTimeout: 30_000 })

let server: S3Server
beforeAll(async () => {
  server = await startS3Server()
})
afterAll(() => server[Symbol.asyncDispose]())

let made = 0
async function make() {
  const target = await S3ImageStore.open({
    bucket: 'images',
    prefix: `store-${made++}`,
    endpoint: server.endpoint,
    credentials,
    graceMs: 0,
  })
  return { target, refs: ['example.org/app:1', 'example.org/app:2'] as const, [Symbol.asyncDispose]: async () => target[Symbol.dispose]() }
}

targetContract('S3ImageStore', make)
storeContract('S3ImageStore', make)

describe('two stores in one bucket', () => {
  it('see what the other pushes, tags, replaces and removes, at once', async () => {
    const prefix = `store-${made++}`
    const open = () => S3ImageStore.open({ bucket: 'images', prefix, endpoint: server.endpoint, credentials })
    const [one, two] = [await open(), await open()]
    const [first, second] = [testImage(['first']), testImage(['second'])]
    await pushTestImage(one, first, 'localhost/app:1')
    expect(await two.listRefs('localhost/app')).toEqual([{ reference: 'localhost/app:1', descriptor: first.root }])
    await pushTestImage(one, second, 'localhost/app:1')
    expect(await two.listRefs('localhost/app')).toEqual([{ reference: 'localhost/app:1', descriptor: second.root }])
    expect(await two.untag('localhost/app:1')).toBe(true)
    expect(await one.listRefs()).toEqual([])
    for (const store of [one, two]) store[Symbol.dispose]()
  })

  it('name a record that cannot be read, and collect nothing then', async () => {
    await using under = await make()
    await pushTestImage(under.target, testImage(['layer']), 'localhost/app:1')
    const path = server.pathOf(`store-${made - 1}/refs/localhost/app/_tags/1`)
    await writeFile(path, '{"version":2}')
    await rm(`${path}.md5`)
    await expect(under.target.resolve('localhost/app:1')).rejects.toMatchObject({ code: 'IMAGE_BAD_STORE' })
    await expect(under.target.collect()).rejects.toMatchObject({ code: 'IMAGE_BAD_STORE' })
    const unreadable: string[] = []
    expect(await under.target.listRefs(undefined, { onUnreadable: ({ message }) => unreadable.push(message) })).toEqual([])
    expect(unreadable).toEqual([expect.stringContaining('refs/localhost/app/_tags/1')])
  })

  it('remove nothing while a manifest is damaged', async () => {
    await using under = await make()
    const image = testImage(['layer'])
    await pushTestImage(under.target, image, 'localhost/app:1')
    const path = server.pathOf(`store-${made - 1}/blobs/sha256/${digestHex(image.root.digest)}`)
    await writeFile(path, 'x'.repeat(image.root.size))
    expect(await under.target.collect()).toEqual({ removed: [], freedBytes: 0, damaged: [image.root.digest] })
    await expect(bytesOf(under.target.fetch(image.root))).rejects.toMatchObject({ code: 'IMAGE_DIGEST_MISMATCH' })
  })
})
