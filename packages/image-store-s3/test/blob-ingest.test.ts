import { utimes } from 'node:fs/promises'
import { S3Client } from '@aws-sdk/client-s3'
import { digestOf } from '@ct/image'
import { body, bytesOf, testBlob } from '@ct/image/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Bucket } from '../src/bucket.ts'
import { S3ImageStore } from '../src/index.ts'
import { credentials, type S3Server, startS3Server } from './s3-server.ts'

const PART_BYTES = 64 * 1024

vi.setConfig({ testTimeout: 30_000 })

let server: S3Server
let store: S3ImageStore
let bucket: Bucket
let client: S3Client
beforeAll(async () => {
  server = await startS3Server()
  client = new S3Client({ endpoint: server.endpoint, credentials, region: 'us-east-1', forcePathStyle: true })
  store = await S3ImageStore.open({ bucket: 'images', prefix: 'parts/', endpoint: server.endpoint, credentials, partBytes: PART_BYTES })
  bucket = new Bucket(client, { bucket: 'images', prefix: 'parts/' })
})
afterAll(async () => {
  store[Symbol.dispose]()
  client.destroy()
  await server[Symbol.asyncDispose]()
})

const bytesOfLength = (length: number) => Buffer.from(Array.from({ length }, (_, index) => (index * 7 + (index >> 8)) % 251))
const uploads = async () => {
  const keys: string[] = []
  for await (const { key } of bucket.list('uploads/')) keys.push(key)
  return keys
}

describe('a blob of several parts', () => {
  it.each([
    ['a byte less than a part', PART_BYTES - 1, 1000],
    ['exactly a part', PART_BYTES, 1000],
    ['a byte more than a part', PART_BYTES + 1, 1000],
    ['exactly three parts', 3 * PART_BYTES, 777],
    ['in one chunk', 4 * PART_BYTES + 5, 4 * PART_BYTES + 5],
    ['in tiny chunks', PART_BYTES + 99, 3],
  ])('comes out as it went in: %s', async (_, length, chunkBytes) => {
    const { descriptor, bytes } = testBlob(bytesOfLength(length))
    await store.push(descriptor, body(bytes, chunkBytes))
    expect(await bytesOf(store.fetch(descriptor))).toEqual(bytes)
    expect(await uploads()).toEqual([])
  })

  it('may turn out to be meant under another algorithm', async () => {
    const bytes = bytesOfLength(2 * PART_BYTES + 17)
    const descriptor = { mediaType: 'text/plain', digest: digestOf(bytes, 'sha512'), size: bytes.byteLength }
    {
      await using ingest = await store.openIngest()
      for await (const chunk of body(bytes, 5000)) await ingest.write(chunk)
      await ingest.commit(descriptor)
    }
    expect(await bytesOf(store.fetch(descriptor))).toEqual(bytes)
    expect(await uploads()).toEqual([])
  })

  it('is not seen when it turns out wrong or is left', async () => {
    const bytes = bytesOfLength(3 * PART_BYTES + 33)
    {
      await using wrong = await store.openIngest()
      await wrong.write(bytes)
      await expect(wrong.commit({ digest: digestOf('x') })).rejects.toMatchObject({ code: 'IMAGE_DIGEST_MISMATCH' })
      await using other = await store.openIngest()
      await other.write(bytes)
      await expect(other.commit({ digest: digestOf('x', 'sha512') })).rejects.toMatchObject({ code: 'IMAGE_DIGEST_MISMATCH' })
      await using left = await store.openIngest()
      await left.write(bytes)
    }
    expect(await store.has(digestOf(bytes))).toBe(false)
    expect(await uploads()).toEqual([])
  })

  it('that a process left half-way is removed by a collection a day later', async () => {
    await bucket.put('uploads/left', new Uint8Array(5))
    await bucket.put('uploads/fresh', new Uint8Array(5))
    const longAgo = new Date(Date.now() - 48 * 3_600_000)
    await utimes(server.pathOf('parts/uploads/left'), longAgo, longAgo)
    await store.collect()
    expect(await uploads()).toEqual(['uploads/fresh'])
  })
})
