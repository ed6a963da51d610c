import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { copy, digestOf, MemoryStore } from '@ct/image'
import { body, bytesOf, pushTestImage, testBlob, testImage } from '@ct/image/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRegistryClient } from '../src/index.ts'
import { breakingProxy } from './breaking-proxy.ts'
import { type DockerRegistry, hasDockerRegistry, startDockerRegistry } from './docker-registry.ts'
import { oddServer, reply, type Seen } from './odd-server.ts'

const MiB = 1024 * 1024
const retry = { attempts: 4, baseDelayMs: 5 }

describe.skipIf(!hasDockerRegistry)('an upload to docker-registry over a line that breaks', () => {
  let registry: DockerRegistry
  beforeAll(async () => {
    registry = await startDockerRegistry()
  }, 60_000)
  afterAll(() => registry[Symbol.asyncDispose]())

  it.each([
    ['in one stream', undefined],
    ['in chunks', 2 * MiB],
  ])('comes through, %s', async (_, chunkBytes) => {
    await using proxy = await breakingProxy(registry.host, [MiB, MiB])
    await using client = createRegistryClient({ retry, chunkBytes })
    const { descriptor, bytes } = testBlob(randomBytes(12 * MiB))
    const target = client.repository(`${proxy.host}/team/broken`)
    const reopen = (offset: number) => body(bytes.subarray(offset), 100_000)
    await target.push(descriptor, body(bytes, 100_000), { reopen })
    expect(proxy.broken()).toBe(2)
    expect(digestOf(await bytesOf(target.fetch(descriptor)))).toBe(descriptor.digest)
  })

  it('fails without another source of the bytes, and can be made again', async () => {
    await using proxy = await breakingProxy(registry.host, [3 * MiB])
    await using client = createRegistryClient({ retry })
    const { descriptor, bytes } = testBlob(randomBytes(8 * MiB))
    const target = client.repository(`${proxy.host}/team/again`)
    await expect(target.push(descriptor, body(bytes, 100_000))).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' })
    await target.push(descriptor, body(bytes, 100_000))
    expect(await target.has(descriptor)).toBe(true)
  })

  it('is part of a copy, which costs nothing when all is there', async () => {
    await using proxy = await breakingProxy(registry.host, [6 * MiB])
    await using client = createRegistryClient({ retry })
    const store = new MemoryStore()
    const image = testImage([randomBytes(10 * MiB).toString('base64')])
    await pushTestImage(store, image, 'app:1')
    await copy(store, client.repository(`${proxy.host}/team/copied`), 'app:1', { as: '1' })
    expect(proxy.broken()).toBe(1)
    const states: string[] = []
    await copy(store, client.repository(`${proxy.host}/team/copied`), 'app:1', { as: '1', onProgress: ({ state }) => states.push(state) })
    expect(states).toEqual(['exists'])
  })
})

describe('a copy that is up to date', () => {
  it('costs one HEAD', async () => {
    const image = testImage(['layer'])
    const { root } = image
    await using server = await oddServer((_, response) =>
      reply(response, 200, { 'content-type': root.mediaType, 'docker-content-digest': root.digest, 'content-length': `${root.size}` }),
    )
    await using client = createRegistryClient({ retry })
    const store = new MemoryStore()
    await pushTestImage(store, image, 'app:1')
    await copy(store, client.repository(`${server.host}/app`), 'app:1', { as: '1' })
    expect(server.asked).toEqual(['HEAD /v2/app/manifests/1'])
  })
})

describe('an upload that broke', () => {
  it('goes on with the bytes that the registry lacks', async () => {
    const { descriptor, bytes } = testBlob(randomBytes(6 * MiB))
    const received: Buffer[] = []
    const asked: string[] = []
    const size = () => received.reduce((sum, chunk) => sum + chunk.byteLength, 0)
    const server = createServer(async (request, response) => {
      asked.push(`${request.method} ${request.headers['content-range'] ?? ''}`)
      const isFirst = request.method === 'PATCH' && size() === 0
      for await (const chunk of request as AsyncIterable<Buffer>) {
        received.push(chunk)
        if (isFirst && size() > MiB) return request.destroy()
      }
      const headers = { location: '/u/1', range: `0-${Math.max(0, size() - 1)}` }
      reply(response, request.method === 'HEAD' ? 404 : request.method === 'PUT' ? 201 : request.method === 'GET' ? 204 : 202, headers)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    await using client = createRegistryClient({ retry })
    const target = client.repository(`127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/app`)
    const offsets: number[] = []
    const reopen = (offset: number) => {
      offsets.push(offset)
      return body(bytes.subarray(offset), 65_536)
    }
    await target.push(descriptor, body(bytes, 65_536), { reopen })
    server.close()
    const [offset = 0] = offsets
    expect(offset).toBeGreaterThan(MiB)
    expect(asked).toEqual(['HEAD ', 'POST ', 'PATCH ', 'GET ', `PATCH ${offset}-${6 * MiB - 1}`, 'PUT '])
    expect(digestOf(Buffer.concat(received))).toBe(descriptor.digest)
  })
})

describe('an upload in chunks', () => {
  const { descriptor, bytes } = testBlob('0123456789abcdefghij')
  const ranges = (seen: readonly Seen[]) => seen.filter(({ method }) => method === 'PATCH').map(({ headers }) => headers['content-range'])

  it.each([
    ['as asked', {}, ['0-6', '7-13', '14-19']],
    ['of the least size that the registry takes', { 'oci-chunk-min-length': '12' }, ['0-11', '12-19']],
  ])('has chunks %s', async (_, extra, expected) => {
    let at = 0
    await using server = await oddServer((request, response) => {
      if (request.method === 'HEAD') return reply(response, 404)
      if (request.method === 'PUT') return reply(response, 201)
      at += request.body.length
      reply(response, 202, { location: `/u/${at}`, range: `0-${Math.max(0, at - 1)}`, ...extra })
    })
    await using client = createRegistryClient({ retry, chunkBytes: 7 })
    await client.repository(`${server.host}/app`).push(descriptor, body(bytes, 3))
    expect(ranges(server.seen)).toEqual(expected)
    expect(server.asked.at(-1)).toBe(`PUT /u/20?digest=${encodeURIComponent(descriptor.digest)}`)
  })

  it('is sent whole to a registry that takes no chunks', async () => {
    await using server = await oddServer((request, response) => {
      if (request.method === 'POST') return reply(response, 202, { location: '/u/0' })
      reply(response, request.method === 'PATCH' ? 405 : request.method === 'PUT' ? 201 : 404)
    })
    await using client = createRegistryClient({ retry, chunkBytes: 7 })
    const target = client.repository(`${server.host}/app`)
    await target.push(descriptor, body(bytes, 3), { reopen: (offset) => body(bytes.subarray(offset), 3) })
    const methods = server.asked.map((line) => line.split(' ')[0])
    expect(methods).toEqual(['HEAD', 'POST', 'PATCH', 'DELETE', 'POST', 'PUT'])
    expect(server.seen.at(-1)?.body).toBe(`${bytes}`)
    await expect(target.push(descriptor, body(bytes))).rejects.toMatchObject({ code: 'REGISTRY_UNSUPPORTED' })
  })

  it('is given up when the registry refuses', async () => {
    await using server = await oddServer((request, response) => {
      if (request.method === 'POST') return reply(response, 202, { location: '/u/0' })
      reply(response, request.method === 'PATCH' ? 413 : 404)
    })
    await using client = createRegistryClient({ retry, chunkBytes: 7 })
    await expect(client.repository(`${server.host}/app`).push(descriptor, body(bytes))).rejects.toMatchObject({ code: 'REGISTRY_REFUSED' })
    expect(server.asked.at(-1)).toBe('DELETE /u/0')
  })
})
