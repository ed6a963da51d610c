import { digestOf, MemoryStore } from '@ct/image'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { errorCodeOf } from './error-code.ts'
import { pushBlob, pushImage, putManifest, registryOnLoopback, type TestRegistry } from './registry-on-loopback.ts'

const bytes = Buffer.from('the quick brown fox jumps over the lazy dog')
const digest = digestOf(bytes)

let registry: TestRegistry
beforeEach(async () => {
  registry = await registryOnLoopback()
})
afterEach(() => registry[Symbol.asyncDispose]())

describe('blobs', () => {
  it('go in by one POST and come out verified', async () => {
    await pushBlob(registry, 'team/app', bytes)
    const answer = await registry.call('GET', `/v2/team/app/blobs/${digest}`)
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes)
    expect(answer.headers.get('docker-content-digest')).toBe(digest)
  })

  it.each([
    ['bytes=4-8', 206, 'quick', `bytes 4-8/${bytes.length}`],
    ['bytes=40-', 206, 'dog', `bytes 40-42/${bytes.length}`],
    ['bytes=-3', 206, 'dog', `bytes 40-42/${bytes.length}`],
    ['bytes=40-999', 206, 'dog', `bytes 40-42/${bytes.length}`],
    ['bytes=9-4', 416, '', `bytes */${bytes.length}`],
    ['bytes=43-', 416, '', `bytes */${bytes.length}`],
    ['bytes=0-1,4-5', 200, bytes.toString(), null],
    ['lines=1-2', 200, bytes.toString(), null],
  ])('are read in part by Range: %s', async (range, status, text, contentRange) => {
    await pushBlob(registry, 'team/app', bytes)
    const answer = await registry.call('GET', `/v2/team/app/blobs/${digest}`, { headers: { range } })
    expect([answer.status, await answer.text(), answer.headers.get('content-range')]).toEqual([status, text, contentRange])
  })

  it.each([
    [`"${digest}"`, 206, 'quick'],
    ['"another"', 200, bytes.toString()],
    ['Tue, 24 Nov 2026 00:00:00 GMT', 200, bytes.toString()],
  ])('are read in part only if they are what If-Range names: %s', async (condition, status, text) => {
    await pushBlob(registry, 'team/app', bytes)
    const headers = { range: 'bytes=4-8', 'if-range': condition }
    const answer = await registry.call('GET', `/v2/team/app/blobs/${digest}`, { headers })
    expect([answer.status, await answer.text()]).toEqual([status, text])
  })

  it('go in by chunks, in order, and the upload tells how far it is', async () => {
    const { call } = registry
    let answer = await call('POST', '/v2/team/app/blobs/uploads/')
    const location = answer.headers.get('location') ?? ''
    answer = await call('PATCH', location, { body: bytes.subarray(0, 10), headers: { 'content-range': '0-9' } })
    expect([answer.status, answer.headers.get('range')]).toEqual([202, '0-9'])
    answer = await call('PATCH', location, { body: bytes.subarray(20), headers: { 'content-range': '20-42' } })
    expect([answer.status, await errorCodeOf(answer)]).toEqual([416, 'BLOB_UPLOAD_INVALID'])
    expect((await call('GET', location)).headers.get('range')).toBe('0-9')
    answer = await call('PUT', `${location}?digest=${digest}`, { body: bytes.subarray(10) })
    expect(answer.status).toBe(201)
    expect((await call('HEAD', answer.headers.get('location') ?? '')).headers.get('content-length')).toBe(String(bytes.length))
    expect((await call('GET', location)).status).toBe(404)
  })

  it('are mounted from another repository, or else uploaded', async () => {
    await pushBlob(registry, 'team/app', bytes)
    expect((await registry.call('POST', `/v2/other/app/blobs/uploads/?mount=${digest}&from=team/app`)).status).toBe(201)
    const absent = digestOf(Buffer.from('absent'))
    expect((await registry.call('POST', `/v2/other/app/blobs/uploads/?mount=${absent}&from=team/app`)).status).toBe(202)
  })

  it('are not published when the digest does not match', async () => {
    const answer = await registry.call('POST', `/v2/team/app/blobs/uploads/?digest=${digest}`, { body: 'something else' })
    expect([answer.status, await errorCodeOf(answer)]).toEqual([400, 'DIGEST_INVALID'])
    expect((await registry.call('HEAD', `/v2/team/app/blobs/${digest}`)).status).toBe(404)
  })

  it('of a cancelled upload are gone', async () => {
    const location = (await registry.call('POST', '/v2/team/app/blobs/uploads/')).headers.get('location') ?? ''
    expect((await registry.call('DELETE', location)).status).toBe(204)
    expect((await registry.call('PATCH', location, { body: 'x' })).status).toBe(404)
  })
})

describe('manifests', () => {
  it('come out as they went in, by tag and by digest', async () => {
    const manifest = await pushImage(registry, 'team/app', 'v1')
    for (const reference of ['v1', digestOf(manifest)]) {
      const answer = await registry.call('GET', `/v2/team/app/manifests/${reference}`)
      expect(Buffer.from(await answer.arrayBuffer())).toEqual(manifest)
      expect(answer.headers.get('content-type')).toBe('application/vnd.oci.image.manifest.v1+json')
    }
    expect((await registry.call('GET', `/v2/team/other/manifests/${digestOf(manifest)}`)).status).toBe(404)
  })

  it('may come with a parameter in their type', async () => {
    const manifest = await pushImage(registry, 'team/app', 'v1')
    const headers = { 'content-type': 'application/vnd.oci.image.manifest.v1+json; charset=utf-8' }
    const answer = await registry.call('PUT', '/v2/team/app/manifests/v2', { body: new Uint8Array(manifest), headers })
    expect(answer.status).toBe(201)
  })

  it('lose a tag, or go with all their tags', async () => {
    const manifest = await pushImage(registry, 'team/app', 'v1')
    await putManifest(registry, 'team/app/manifests/v2', manifest)
    expect((await registry.call('DELETE', '/v2/team/app/manifests/v1')).status).toBe(202)
    expect((await registry.call('HEAD', '/v2/team/app/manifests/v1')).status).toBe(404)
    expect((await registry.call('HEAD', '/v2/team/app/manifests/v2')).status).toBe(200)
    expect((await registry.call('DELETE', `/v2/team/app/manifests/${digestOf(manifest)}`)).status).toBe(202)
    expect((await registry.call('HEAD', '/v2/team/app/manifests/v2')).status).toBe(404)
  })

  it('are listed by tag, page by page', async () => {
    for (const tag of ['b', 'a', 'c']) await pushImage(registry, 'team/app', tag)
    expect(await (await registry.call('GET', '/v2/team/app/tags/list')).json()).toEqual({ name: 'team/app', tags: ['a', 'b', 'c'] })
    const first = await registry.call('GET', '/v2/team/app/tags/list?n=2')
    expect(first.headers.get('link')).toBe('</v2/team/app/tags/list?n=2&last=b>; rel="next"')
    expect(await (await registry.call('GET', '/v2/team/app/tags/list?n=2&last=b')).json()).toEqual({ name: 'team/app', tags: ['c'] })
  })
})

describe('bad requests', () => {
  it.each([
    ['DISTRIBUTION_NAME_INVALID', 'GET', '/v2/UPPER/manifests/x', 400],
    ['DISTRIBUTION_NAME_INVALID', 'GET', '/v2/a/..%2f..%2fetc/manifests/x', 400],
    ['DISTRIBUTION_NAME_INVALID', 'GET', '/v2/%ff/manifests/x', 400],
    ['DISTRIBUTION_NAME_UNKNOWN', 'GET', '/v2/nobody/tags/list', 404],
    ['DISTRIBUTION_NAME_UNKNOWN', 'GET', '/elsewhere', 404],
    ['DISTRIBUTION_MANIFEST_UNKNOWN', 'GET', '/v2/team/app/manifests/none', 404],
    ['DISTRIBUTION_BLOB_UNKNOWN', 'GET', `/v2/team/app/blobs/${digest}`, 404],
    ['DISTRIBUTION_DIGEST_INVALID', 'GET', '/v2/team/app/blobs/sha256:short', 400],
    ['DISTRIBUTION_BLOB_UPLOAD_UNKNOWN', 'PATCH', '/v2/team/app/blobs/uploads/none', 404],
    ['DISTRIBUTION_BLOB_UNKNOWN', 'DELETE', `/v2/team/app/blobs/${digest}`, 404],
    ['DISTRIBUTION_UNSUPPORTED', 'PUT', '/v2/', 405],
  ])('are answered with %s: %s %s', async (code, method, path, status) => {
    const answer = await registry.call(method, path)
    expect([answer.status, `DISTRIBUTION_${await errorCodeOf(answer)}`]).toEqual([status, code])
  })

  it.each([
    ['DISTRIBUTION_MANIFEST_INVALID', 'not JSON', Buffer.from('{'), 400],
    ['DISTRIBUTION_MANIFEST_INVALID', 'of schema version 1', Buffer.from('{"schemaVersion":1}'), 400],
    ['DISTRIBUTION_SIZE_INVALID', 'over 4 MiB', Buffer.alloc((4 << 20) + 1, ' '), 413],
  ])('a manifest is refused with %s: %s', async (code, _what, body, status) => {
    const answer = await putManifest(registry, 'team/app/manifests/x', body)
    expect([answer.status, `DISTRIBUTION_${await errorCodeOf(answer)}`]).toEqual([status, code])
  })

  it('a manifest whose layers are not here is refused with DISTRIBUTION_MANIFEST_BLOB_UNKNOWN', async () => {
    await using other = await registryOnLoopback()
    const manifest = await pushImage(other, 'team/app', 'v1')
    const answer = await putManifest(registry, 'team/app/manifests/v1', manifest)
    expect([answer.status, await errorCodeOf(answer)]).toEqual([404, 'MANIFEST_BLOB_UNKNOWN'])
  })

  it('a manifest under the digest of another is refused', async () => {
    const manifest = await pushImage(registry, 'team/app', 'v1')
    const answer = await putManifest(registry, `team/app/manifests/${digest}`, manifest)
    expect([answer.status, await errorCodeOf(answer)]).toEqual([400, 'DIGEST_INVALID'])
  })

  it('too many uploads at once are refused with DISTRIBUTION_TOOMANYREQUESTS', async () => {
    await using small = await registryOnLoopback({ uploadLimit: 1 })
    await small.call('POST', '/v2/team/app/blobs/uploads/')
    const answer = await small.call('POST', '/v2/team/app/blobs/uploads/')
    expect([answer.status, await errorCodeOf(answer)]).toEqual([429, 'TOOMANYREQUESTS'])
  })

  it('as many uploads as allowed are begun, also when they are asked for at once', async () => {
    const openIngest = async () => {
      await new Promise((resolve) => setTimeout(resolve, 50))
      return new MemoryStore().openIngest()
    }
    await using small = await registryOnLoopback({ uploadLimit: 2, store: Object.assign(new MemoryStore(), { openIngest }) })
    const answers = await Promise.all(Array.from({ length: 6 }, () => small.call('POST', '/v2/team/app/blobs/uploads/')))
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 202, 429, 429, 429, 429])
  })

  it('an expired upload that cannot be discarded is reported and nothing else', async () => {
    const openIngest = async () => {
      const ingest = await new MemoryStore().openIngest()
      return Object.assign(ingest, { [Symbol.asyncDispose]: async () => Promise.reject(new Error('read-only')) })
    }
    const errors: unknown[] = []
    const options = {
      store: Object.assign(new MemoryStore(), { openIngest }),
      uploadIdleMs: 20,
      onError: (error: unknown) => void errors.push(error),
    }
    await using hasty = await registryOnLoopback(options)
    await hasty.call('POST', '/v2/team/app/blobs/uploads/')
    await expect.poll(() => String(errors[0])).toContain('read-only')
  })

  it('a manifest far too large is refused while it is still being sent', async () => {
    const answer = await putManifest(registry, 'team/app/manifests/x', Buffer.alloc(32 << 20, ' '))
    expect([answer.status, await errorCodeOf(answer)]).toEqual([413, 'SIZE_INVALID'])
  })

  it('an upload that nobody touches expires', async () => {
    await using hasty = await registryOnLoopback({ uploadIdleMs: 20 })
    const location = (await hasty.call('POST', '/v2/team/app/blobs/uploads/')).headers.get('location') ?? ''
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect((await hasty.call('GET', location)).status).toBe(404)
  })

  it('an upload that may rest for ever does not expire at once', async () => {
    await using patient = await registryOnLoopback({ uploadIdleMs: Number.POSITIVE_INFINITY })
    const location = (await patient.call('POST', '/v2/team/app/blobs/uploads/')).headers.get('location') ?? ''
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect((await patient.call('GET', location)).status).toBe(204)
  })

  it('a malformed Content-Range is refused with DISTRIBUTION_BLOB_UPLOAD_INVALID', async () => {
    const location = (await registry.call('POST', '/v2/team/app/blobs/uploads/')).headers.get('location') ?? ''
    const answer = await registry.call('PATCH', location, { body: 'x', headers: { 'content-range': 'nine to ten' } })
    expect([answer.status, await errorCodeOf(answer)]).toEqual([400, 'BLOB_UPLOAD_INVALID'])
  })
})
