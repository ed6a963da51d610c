import { utimes } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { S3Client } from '@aws-sdk/client-s3'
import { digestOf } from '@ct/image'
import { body, bytesOf, testBlob, testImage } from '@ct/image/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { BlobObjects } from '../src/blob-objects.ts'
import { Bucket } from '../src/bucket.ts'
import { S3ImageStore } from '../src/index.ts'
import { blobKey } from '../src/keys.ts'
import { credentials, type S3Server, startS3Server } from './s3-server.ts'

const HOUR_MS = 3_600_000

vi.setConfig({ testTimeout: 30_000 })

let server: S3Server
let client: S3Client
beforeAll(async () => {
  server = await startS3Server()
  client = new S3Client({ endpoint: server.endpoint, credentials, region: 'us-east-1', forcePathStyle: true })
})
afterAll(async () => {
  client.destroy()
  await server[Symbol.asyncDispose]()
})

let made = 0
/** Two stores that share a place, as two processes have them, and the place itself. */
async function share() {
  const prefix = `shared-${made++}`
  await server.keep(...['blobs/sha256', 'claims/sha256', 'doomed/sha256'].map((folder) => `${prefix}/${folder}`))
  const open = () => S3ImageStore.open({ bucket: 'images', prefix, endpoint: server.endpoint, credentials })
  const [one, two] = [await open(), await open()]
  const bucket = new Bucket(client, { bucket: 'images', prefix: `${prefix}/` })
  return {
    one,
    two,
    bucket,
    blobs: (patienceMs?: number) => new BlobObjects(bucket, { graceMs: HOUR_MS, patienceMs }),
    /** Lets an object be as if it had come long ago. */
    async age(key: string) {
      const longAgo = new Date(Date.now() - 10 * 24 * HOUR_MS)
      await utimes(server.pathOf(`${prefix}/${key}`), longAgo, longAgo)
    },
    async keysOf(start: string): Promise<readonly string[]> {
      const keys: string[] = []
      for await (const { key } of bucket.list(start)) keys.push(key)
      return keys
    },
    [Symbol.dispose]() {
      one[Symbol.dispose]()
      two[Symbol.dispose]()
    },
  }
}

const { descriptor, bytes } = testBlob('a layer')
const key = blobKey('blobs', descriptor.digest)
const mark = `${blobKey('doomed', descriptor.digest)}.a-collector`

describe('blobs in a bucket', () => {
  it('are collected when they are old and nobody refers to them', async () => {
    using shared = await share()
    await shared.one.push(descriptor, body(bytes))
    expect((await shared.two.collect()).removed).toEqual([])
    await shared.age(key)
    expect(await shared.two.collect()).toEqual({ removed: [descriptor.digest], freedBytes: bytes.byteLength, damaged: [] })
    expect(await shared.keysOf('')).toEqual([])
  })

  it('stay when another process has found them a moment ago', async () => {
    using shared = await share()
    await shared.one.push(descriptor, body(bytes))
    await shared.age(key)
    {
      using _lease = shared.one.lease()
      expect(await shared.one.has(descriptor)).toBe(true)
    }
    expect((await shared.two.collect()).removed).toEqual([])
    await shared.age(blobKey('claims', descriptor.digest))
    expect((await shared.two.collect()).removed).toEqual([descriptor.digest])
    expect(await shared.keysOf('')).toEqual([])
  })

  it('stay when another process pushes or tags what is there', async () => {
    using shared = await share()
    await shared.one.push(descriptor, body(bytes))
    await shared.age(key)
    await shared.one.push(descriptor, body(bytes))
    expect((await shared.two.collect()).removed).toEqual([])
    await shared.two.tag(descriptor, 'example.org/app:1')
    await shared.age(blobKey('claims', descriptor.digest))
    expect((await shared.two.collect()).removed).toEqual([])
  })

  it('are waited for while a collector removes them, and are then not taken to be there', async () => {
    using shared = await share()
    await shared.one.push(descriptor, body(bytes))
    await shared.age(key)
    await shared.bucket.put(mark, new Uint8Array())
    const claim = shared.blobs().claim(descriptor.digest)
    expect(await Promise.race([claim, sleep(300, 'waiting')])).toBe('waiting')
    await shared.bucket.remove(key)
    await shared.bucket.remove(mark)
    expect(await claim).toBeUndefined()
  })

  it('are put again when a collector removed them as they came', async () => {
    using shared = await share()
    await shared.bucket.put(mark, new Uint8Array())
    let puts = 0
    const publishing = shared.blobs().publish(descriptor.digest, async (to) => {
      puts++
      await shared.bucket.put(to, bytes)
    })
    await expect.poll(() => shared.bucket.head(key)).toBeDefined()
    await shared.bucket.remove(key)
    await shared.bucket.remove(mark)
    await publishing
    expect([puts, `${await bytesOf(shared.one.fetch(descriptor))}`]).toEqual([2, 'a layer'])
  })

  it('are not waited for longer than a collector that lives can take', async () => {
    using shared = await share()
    await shared.one.push(descriptor, body(bytes))
    await shared.age(key)
    await shared.bucket.put(mark, new Uint8Array())
    expect(await shared.blobs(200).claim(descriptor.digest)).toEqual({ size: bytes.byteLength })
    await shared.bucket.put(mark, new Uint8Array())
    await shared.age(mark)
    await shared.two.collect()
    expect(await shared.keysOf('doomed/')).toEqual([])
  })

  it('are not removed by a collector that was overtaken', async () => {
    using shared = await share()
    await shared.one.push(descriptor, body(bytes))
    expect(await shared.blobs().collect(descriptor.digest, Date.now() - HOUR_MS)).toBe(false)
    await shared.age(key)
    await shared.bucket.put(blobKey('claims', descriptor.digest), new Uint8Array())
    expect(await shared.blobs().collect(descriptor.digest, Date.now() - HOUR_MS)).toBe(false)
    expect(await shared.one.has(descriptor)).toBe(true)
  })

  it('are not lost by those who find or push them while two others collect', async () => {
    using shared = await share()
    const images = Array.from({ length: 8 }, (_, index) => testImage([`layer ${index}`, 'shared']))
    for (const { descriptor, bytes } of images.flatMap(({ blobs }) => blobs)) {
      await shared.one.push(descriptor, body(bytes))
      await shared.age(blobKey('blobs', descriptor.digest))
    }
    const use = async (store: S3ImageStore, image: (typeof images)[0], name: string) => {
      using _lease = store.lease()
      for (const { descriptor, bytes } of image.blobs) if (!(await store.has(descriptor))) await store.push(descriptor, body(bytes))
      await store.tag(image.root, `example.org/${name}:1`)
    }
    const collecting = Promise.all([shared.one.collect(), shared.two.collect()])
    for (const [index, image] of images.entries())
      await Promise.all([use(shared.one, image, `one-${index}`), index % 2 === 0 ? use(shared.two, image, `two-${index}`) : undefined])
    await collecting
    for (const { descriptor, bytes } of images.flatMap(({ blobs }) => blobs))
      expect(digestOf(await bytesOf(shared.one.fetch(descriptor)))).toBe(digestOf(bytes))
  })
})
