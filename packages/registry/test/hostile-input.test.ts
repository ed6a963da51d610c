import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { ContentStore, digestOf, MEDIA_TYPES } from '@ct/image'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pushBlob, pushImage, putManifest, registryOnLoopback, type TestRegistry } from './registry-on-loopback.ts'

let directory: string
let registry: TestRegistry
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ct-hostile-'))
  registry = await registryOnLoopback({ store: await ContentStore.open(join(directory, 'store')) })
})
afterAll(async () => {
  await registry[Symbol.asyncDispose]()
  await rm(directory, { recursive: true })
})

/** Sends a path as it is, which `fetch` would tidy up, and gives the error of the answer. */
async function errorOf(method: string, path: string): Promise<readonly [number | undefined, string]> {
  const [host, port] = registry.host.split(':')
  const outgoing = request({ host, port, method, path, agent: false }).end()
  const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
  expect(answer.headers['content-type']).toBe('application/json')
  const { errors } = (await json(answer)) as { errors: readonly [{ code: string; message: string }] }
  expect(errors[0].message.length).toBeLessThan(600)
  return [answer.statusCode, errors[0].code]
}

describe('paths that want to leave', () => {
  it.each([
    ['GET', '/v2/../../../etc/passwd/manifests/x', 'NAME_INVALID'],
    ['GET', '/v2/a/../../b/tags/list', 'NAME_INVALID'],
    ['GET', '/v2/%2e%2e/%2e%2e/manifests/x', 'NAME_INVALID'],
    ['GET', '/v2/a%2f..%2f..%2fb/blobs/x', 'NAME_INVALID'],
    ['GET', '/v2/a//b/tags/list', 'NAME_INVALID'],
    ['GET', '/v2/a%00b/tags/list', 'NAME_INVALID'],
    ['GET', '/v2/a%5c..%5cb/tags/list', 'NAME_INVALID'],
    ['GET', '/v2/_tags/manifests/x', 'NAME_INVALID'],
    ['GET', '/v2/a/_digests/manifests/x', 'NAME_INVALID'],
    ['POST', '/v2/a/../b/blobs/uploads/', 'NAME_INVALID'],
    ['GET', `/v2/${'a/'.repeat(400)}a/tags/list`, 'NAME_INVALID'],
    ['GET', '/v2/a/manifests/..%2f..%2fb', 'NAME_UNKNOWN'],
    ['DELETE', '/v2/a/blobs/uploads/..', 'BLOB_UPLOAD_UNKNOWN'],
    ['PATCH', '/v2/a/blobs/uploads/..%2fx', 'NAME_UNKNOWN'],
    ['GET', '/_/../../etc/passwd', 'NAME_INVALID'],
  ])('%s %s is answered with %s', async (method, path, code) => {
    expect(await errorOf(method, path)).toEqual([code === 'NAME_INVALID' ? 400 : 404, code])
    expect(await readdir(directory)).toEqual(['store'])
  })
})

describe('methods that a place does not have', () => {
  it.each([
    ['POST', '/v2/', 'GET, HEAD'],
    ['PATCH', '/v2/a/manifests/x', 'GET, HEAD, PUT, DELETE'],
    ['DELETE', '/v2/a/tags/list', 'GET'],
  ])('%s %s is answered with those that it has', async (method, path, allowed) => {
    const answer = await registry.call(method, path)
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, allowed])
  })
})

describe('digests that are none', () => {
  const hex = digestOf('x').slice('sha256:'.length)
  it.each([
    `md5:${hex.slice(0, 32)}`,
    `sha1:${hex.slice(0, 40)}`,
    `sha384:${hex}${hex.slice(0, 32)}`,
    `sha256:${hex.toUpperCase()}`,
    `sha256:${hex.slice(1)}`,
    `sha256:${hex}0`,
    `sha512:${hex}`,
    hex,
    'sha256:..',
  ])('%s is answered with DIGEST_INVALID', async (digest) => {
    for (const [method, path] of [
      ['GET', `/v2/a/blobs/${digest}`],
      ['DELETE', `/v2/a/blobs/${digest}`],
      ['GET', `/v2/a/referrers/${digest}`],
      ['POST', `/v2/a/blobs/uploads/?digest=${digest}`],
    ] as const)
      expect(await errorOf(method, path)).toEqual([400, 'DIGEST_INVALID'])
  })

  it('do not mount: an upload begins instead, as the spec wants', async () => {
    expect((await registry.call('POST', `/v2/a/blobs/uploads/?mount=md5:${hex.slice(0, 32)}&from=b`)).status).toBe(202)
  })
})

describe('a tag that many write at once', () => {
  it('stands for one of their manifests, whole, and all of them are there', async () => {
    const first = JSON.parse((await pushImage(registry, 'team/app', 'first')).toString()) as object
    const manifests = Array.from({ length: 12 }, (_, index) =>
      Buffer.from(JSON.stringify({ ...first, annotations: { index: `${index}` } })),
    )
    const answers = await Promise.all(manifests.map((manifest) => putManifest(registry, 'team/app/manifests/latest', manifest)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
    const latest = Buffer.from(await (await registry.call('GET', '/v2/team/app/manifests/latest')).arrayBuffer())
    expect(manifests.map((manifest) => digestOf(manifest))).toContain(digestOf(latest))
    for (const manifest of manifests) expect((await registry.call('HEAD', `/v2/team/app/manifests/${digestOf(manifest)}`)).status).toBe(200)
  })

  it('and delete at once is there or not, and nothing else', async () => {
    const empty = await pushBlob(registry, 'team/raced', Buffer.from('{}'))
    const config = { ...empty, mediaType: MEDIA_TYPES.ociConfig }
    const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociManifest, config, layers: [] }))
    for (let round = 0; round < 10; round++) {
      const [put, gone] = await Promise.all([
        putManifest(registry, 'team/raced/manifests/v1', manifest),
        registry.call('DELETE', '/v2/team/raced/manifests/v1'),
      ])
      expect([put.status, [202, 404].includes(gone.status)]).toEqual([201, true])
      expect([200, 404]).toContain((await registry.call('HEAD', '/v2/team/raced/manifests/v1')).status)
      expect((await registry.call('HEAD', `/v2/team/raced/manifests/${digestOf(manifest)}`)).status).toBe(200)
    }
  })
})
