import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Bucket } from '../src/bucket.ts'
import { BucketError, S3ImageStore } from '../src/index.ts'
import { credentials, type S3Server, startS3Server } from './s3-server.ts'

let server: S3Server
beforeAll(async () => {
  server = await startS3Server()
})
afterAll(() => server[Symbol.asyncDispose]())

const open = (options: object) => S3ImageStore.open({ bucket: 'images', endpoint: server.endpoint, credentials, ...options })

describe('a bucket', () => {
  it('is listed page by page, and only below a prefix', async () => {
    const client = new S3Client({ endpoint: server.endpoint, credentials, region: 'us-east-1', forcePathStyle: true })
    const [bucket, beside] = ['a/', 'ab/'].map((prefix) => new Bucket(client, { bucket: 'images', prefix }))
    const keys = ['x/1', 'x/2', 'x/3', 'x/4', 'x/5', 'y/1']
    for (const key of keys) await bucket?.put(key, Buffer.from(key))
    await beside?.put('x/9', Buffer.from('beside'))
    const listed: string[] = []
    for await (const { key, sizeBytes } of bucket?.list('x/', 2) ?? []) listed.push(`${key} ${sizeBytes}`)
    expect(listed).toEqual(['x/1 3', 'x/2 3', 'x/3 3', 'x/4 3', 'x/5 3'])
    client.destroy()
  })

  it('does not start what is aborted already', async () => {
    const store = await open({})
    const signal = AbortSignal.abort(new Error('enough'))
    const descriptor = { mediaType: 'text/plain', digest: `sha256:${'0'.repeat(64)}` as never, size: 1 }
    await expect(store.fetch(descriptor, { signal }).next()).rejects.toThrow('enough')
    store[Symbol.dispose]()
  })

  it.each([
    ['BUCKET_MISSING', { bucket: 'nowhere' }],
    ['BUCKET_UNAUTHORIZED', { credentials: { accessKeyId: 'somebody', secretAccessKey: 'hidden' } }],
    ['BUCKET_UNREACHABLE', { endpoint: 'http://127.0.0.1:9' }],
    ['BUCKET_UNREACHABLE', { endpoint: 'http://nowhere.invalid' }],
  ])('that cannot be used is refused with %s: %j', async (code, options) => {
    const error = await open(options).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(BucketError)
    expect(error).toMatchObject({ code, message: expect.stringContaining('s3://'), hint: expect.any(String) })
    expect(String((error as Error).message)).not.toContain('hidden')
  })

  it.each([
    [403, 'AccessDenied', 'BUCKET_DENIED'],
    [403, 'SignatureDoesNotMatch', 'BUCKET_UNAUTHORIZED'],
    [301, 'PermanentRedirect', 'BUCKET_MISSING'],
    [400, 'InvalidRequest', 'BUCKET_FAILED'],
    [503, 'SlowDown', 'BUCKET_UNREACHABLE'],
  ])('that answers %d %s is refused with %s', async (status, name, code) => {
    const answers = createServer((_, response) => {
      response.writeHead(status, { 'content-type': 'application/xml' })
      response.end(`<?xml version="1.0"?><Error><Code>${name}</Code><Message>no</Message></Error>`)
    }).listen(0, '127.0.0.1')
    await once(answers, 'listening')
    await expect(open({ endpoint: `http://127.0.0.1:${(answers.address() as AddressInfo).port}` })).rejects.toMatchObject({ code })
    answers.closeAllConnections()
    answers.close()
  })
})
