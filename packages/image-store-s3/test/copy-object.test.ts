import { GetObjectCommand, S3Client, UploadPartCommand, type UploadPartCopyCommandInput } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Bucket } from '../src/bucket.ts'
import { copyObject } from '../src/copy-object.ts'
import { credentials, type S3Server, startS3Server } from './s3-server.ts'

vi.setConfig({ testTimeout: 30_000 })

let server: S3Server
let client: S3Client
const copied: string[] = []
let failsAt: string | undefined

beforeAll(async () => {
  server = await startS3Server()
  const options = { endpoint: server.endpoint, credentials, region: 'us-east-1', forcePathStyle: true }
  const plain = new S3Client(options)
  client = new S3Client(options)
  // The server of these tests lacks this one call: it is done with two others, as a service does it inside.
  client.middlewareStack.add(
    (next, context) => async (args) => {
      if (context.commandName !== 'UploadPartCopyCommand') return next(args)
      const { Bucket, Key, UploadId, PartNumber, CopySource = '', CopySourceRange = '' } = args.input as UploadPartCopyCommandInput
      copied.push(CopySourceRange)
      if (CopySourceRange === failsAt) throw Object.assign(new Error('no'), { name: 'SlowDown', $metadata: { httpStatusCode: 503 } })
      const [, ...source] = decodeURIComponent(CopySource).split('/')
      const found = await plain.send(new GetObjectCommand({ Bucket, Key: source.join('/'), Range: CopySourceRange }))
      const Body = (await found.Body?.transformToByteArray()) ?? new Uint8Array()
      const { ETag } = await plain.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body }))
      return { response: undefined, output: { $metadata: {}, CopyPartResult: { ETag } } as never }
    },
    { step: 'initialize' },
  )
})
afterAll(async () => {
  client.destroy()
  await server[Symbol.asyncDispose]()
})

const bytes = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251))

async function readAll(bucket: Bucket, key: string): Promise<Buffer | undefined> {
  const found = await bucket.get(key)
  if (found === undefined) return undefined
  const chunks: Uint8Array[] = []
  for await (const chunk of found.body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

describe('copying an object within a bucket', () => {
  it.each([
    ['as large as one call copies, is one call', 1000, []],
    ['a byte larger, is two parts', 999, ['bytes=0-998', 'bytes=999-999']],
    ['of parts that come out even', 500, ['bytes=0-499', 'bytes=500-999']],
    ['of more parts than are copied at once', 150, [0, 150, 300, 450, 600, 750, 900].map((at) => `bytes=${at}-${Math.min(at + 149, 999)}`)],
  ])('%s', async (_, mostBytes, ranges) => {
    copied.length = 0
    const bucket = new Bucket(client, { bucket: 'images', prefix: `copied-${mostBytes}/` })
    await bucket.put('from', bytes)
    await copyObject(bucket, { from: 'from', to: 'to', sizeBytes: bytes.byteLength, mostBytes })
    expect(await readAll(bucket, 'to')).toEqual(bytes)
    expect(copied.sort()).toEqual([...ranges].sort())
  })

  it('leaves nothing when a part fails, and begins no further ones', async () => {
    copied.length = 0
    failsAt = 'bytes=20-29'
    const bucket = new Bucket(client, { bucket: 'images', prefix: 'failed/' })
    await bucket.put('from', bytes)
    const copying = copyObject(bucket, { from: 'from', to: 'to', sizeBytes: bytes.byteLength, mostBytes: 10 })
    await expect(copying).rejects.toMatchObject({ code: 'BUCKET_UNREACHABLE' })
    expect(await bucket.head('to')).toBeUndefined()
    expect(copied.length).toBeLessThan(20)
  })

  it('goes by keys with signs that mean something in an address', async () => {
    failsAt = undefined
    const bucket = new Bucket(client, { bucket: 'images', prefix: 'odd?a=b&c +#/' })
    await bucket.put('from', bytes)
    await copyObject(bucket, { from: 'from', to: 'to', sizeBytes: bytes.byteLength, mostBytes: 400 })
    expect(await readAll(bucket, 'to')).toEqual(bytes)
  })
})
