import { digestOf } from '@ct/image'
import { body, pushTestImage, testBlob, testImage } from '@ct/image/testing'
import { describe, expect, it } from 'vitest'
import { createRegistryClient, type RateLimit, type Warning } from '../src/index.ts'
import { type Answer, oddServer, reply } from './odd-server.ts'

const retry = { attempts: 2, baseDelayMs: 1 }
const image = testImage(['layer'])
const manifest = image.blobs.at(-1) ?? testBlob('')

async function made(answer: Answer, options = {}) {
  const server = await oddServer(answer)
  const client = createRegistryClient({ retry, ...options })
  const close = async () => {
    await client[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  }
  return {
    server,
    client,
    api: client.api(`${server.host}/app`),
    target: client.repository(`${server.host}/app`),
    [Symbol.asyncDispose]: close,
  }
}

describe('deletion', () => {
  it.each([
    [202, true],
    [404, false],
  ])('answered with %i says %s', async (status, expected) => {
    await using one = await made((_, response) => reply(response, status))
    expect(await one.target.delete('old')).toBe(expected)
    expect(await one.api.deleteBlob(digestOf('x'))).toBe(expected)
    expect(one.server.asked).toEqual(['DELETE /v2/app/manifests/old', `DELETE /v2/app/blobs/${digestOf('x')}`])
  })

  it('that the registry refuses says so', async () => {
    await using one = await made((_, response) => reply(response, 405))
    await expect(one.target.delete('old')).rejects.toMatchObject({ code: 'REGISTRY_UNSUPPORTED' })
  })
})

describe('the catalog', () => {
  it('comes page by page', async () => {
    await using one = await made((request, response) =>
      request.url.includes('last')
        ? reply(response, 200, {}, '{"repositories":["c"]}')
        : reply(response, 200, { link: '</v2/_catalog?last=b>; rel="next"' }, '{"repositories":["a","b"]}'),
    )
    const names: string[] = []
    for await (const name of one.client.catalog(one.server.host, { pageSize: 2 })) names.push(name)
    expect(names).toEqual(['a', 'b', 'c'])
  })

  it.each(['{"repositories":["../x"]}', '{}', 'null'])('that is %s is refused', async (text) => {
    await using one = await made((_, response) => reply(response, 200, {}, text))
    const first = one.client.catalog(one.server.host)[Symbol.asyncIterator]().next()
    await expect(first).rejects.toMatchObject({ code: 'REGISTRY_PROTOCOL' })
  })
})

describe('mirrors', () => {
  const headers = { 'content-type': manifest.descriptor.mediaType }
  const has: Answer = (_, response) => reply(response, 200, headers, Buffer.from(manifest.bytes))

  it('are read from before the registry, which has what they lack', async () => {
    await using empty = await oddServer((_, response) => reply(response, 404))
    await using broken = await oddServer((_, response) => reply(response, 503))
    await using full = await oddServer(has)
    await using one = await made(has, { mirrors: () => [empty.host, broken.host, '127.0.0.1:1', full.host] })
    const { bytes } = await one.api.getManifest(manifest.descriptor.digest, { isMirrored: true })
    expect(digestOf(bytes)).toBe(manifest.descriptor.digest)
    expect([empty, broken, full, one.server].map(({ asked }) => asked.length)).toEqual([1, 1, 1, 0])
  })

  it('do not answer for the registry when something is pushed to it', async () => {
    await using mirror = await oddServer(has)
    await using one = await made((_, response) => reply(response, 404), { mirrors: () => [mirror.host] })
    expect(await one.target.has(manifest.descriptor)).toBe(false)
    expect(mirror.asked).toEqual([])
    expect(await one.target.resolve(manifest.descriptor.digest)).toEqual(manifest.descriptor)
  })
})

describe('notices', () => {
  it('are rate limits with each answer, and each warning once', async () => {
    const limits: RateLimit[] = []
    const warnings: Warning[] = []
    const extra = {
      'ratelimit-limit': '100;w=21600',
      'ratelimit-remaining': '76;w=21600',
      warning: '299 - "this repository \\"moves\\"", 299 - "soon"',
    }
    const options = { onRateLimit: (limit: RateLimit) => limits.push(limit), onWarning: (warning: Warning) => warnings.push(warning) }
    await using one = await made((_, response) => reply(response, 404, extra), options)
    for (let i = 0; i < 2; i++) await one.api.headBlob(digestOf('x'))
    const registry = one.server.host
    expect(limits).toEqual(Array(2).fill({ registry, limit: 100, remaining: 76, windowSeconds: 21_600 }))
    expect(warnings).toEqual([
      { registry, text: 'this repository "moves"' },
      { registry, text: 'soon' },
    ])
  })
})

describe('a proxy', () => {
  it('is gone through, but not to hosts that are reached directly', async () => {
    await using proxy = await oddServer((_, response) => reply(response, 404))
    await using direct = await oddServer((_, response) => reply(response, 404))
    await using client = createRegistryClient({ retry, insecure: () => true, proxy: { http: `http://${proxy.host}`, no: '.direct.test' } })
    expect(await client.api('registry.test/app').headBlob(digestOf('x'))).toBeUndefined()
    await client.api(`${direct.host}/app`).headBlob(digestOf('x'))
    expect(proxy.asked).toEqual([`HEAD http://registry.test/v2/app/blobs/${digestOf('x')}`])
    expect(direct.asked).toHaveLength(1)
  })
})

describe('the endpoints of uploads', () => {
  it('work one by one', async () => {
    await using one = await made((request, response) =>
      reply(response, request.method === 'PUT' ? 201 : request.method === 'GET' ? 204 : 202, { location: '/u/1', range: '0-9' }),
    )
    const { uploads } = one.api
    const begun = await uploads.start()
    expect(await uploads.tell(begun)).toMatchObject({ offset: 10 })
    const state = await uploads.append(begun, { body: Buffer.from('0123456789'), sizeBytes: 10 })
    await uploads.finish(state, digestOf('0123456789'))
    expect(one.server.asked.map((line) => line.split('?')[0])).toEqual([
      'POST /v2/app/blobs/uploads/',
      'GET /u/1',
      'PATCH /u/1',
      'PUT /u/1',
    ])
  })
})

describe('a repository', () => {
  it('takes an image of which a part is there', async () => {
    const stored = new Set<string>()
    await using one = await made((request, response) => {
      const url = new URL(request.url, 'http://x')
      if (request.method === 'HEAD') return reply(response, stored.has(url.pathname.split('/').at(-1) ?? '') ? 200 : 404)
      if (request.method === 'POST') return reply(response, 202, { location: '/u/1' })
      stored.add(url.searchParams.get('digest') ?? url.pathname.split('/').at(-1) ?? '')
      reply(response, 201)
    })
    await pushTestImage(one.target, image, '1')
    expect([...stored]).toEqual([...image.blobs.map(({ descriptor }) => descriptor.digest), '1'])
    const [first] = image.blobs
    if (first !== undefined) await one.target.push(first.descriptor, body(first.bytes))
    expect(one.server.asked.filter((line) => line.startsWith('POST'))).toHaveLength(image.blobs.length - 1)
  })
})
