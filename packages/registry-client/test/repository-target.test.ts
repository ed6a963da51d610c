import { digestOf, MEDIA_TYPES } from '@ct/image'
import { body, bytesOf, testBlob, testImage } from '@ct/image/testing'
import { describe, expect, it } from 'vitest'
import { createRegistryClient } from '../src/index.ts'
import { type Answer, oddServer, reply } from './odd-server.ts'

const { descriptor, bytes } = testBlob('0123456789abcdefghij')
const manifest = testImage(['layer']).blobs.at(-1) ?? testBlob('')

/** A repository of a registry that answers in some way. */
async function repository(answer: Answer) {
  const server = await oddServer(answer)
  const client = createRegistryClient({ retry: { attempts: 3, baseDelayMs: 1 } })
  const close = async () => {
    await client[Symbol.asyncDispose]()
    await server[Symbol.asyncDispose]()
  }
  return { server, target: client.repository(`${server.host}/app`), [Symbol.asyncDispose]: close }
}

describe('resolve', () => {
  const headers = {
    'content-type': MEDIA_TYPES.ociManifest,
    'docker-content-digest': manifest.descriptor.digest,
    'content-length': `${manifest.descriptor.size}`,
  }
  const getOnly =
    (extra: Record<string, string>): Answer =>
    (request, response) =>
      request.method === 'HEAD'
        ? reply(response, 200, { ...extra, 'content-length': '0' })
        : reply(response, 200, extra, Buffer.from(manifest.bytes))

  it.each<[string, Answer, number]>([
    ['HEAD alone', (_, response) => reply(response, 200, headers), 1],
    [
      'GET when HEAD is not allowed',
      (request, response) => (request.method === 'HEAD' ? reply(response, 405) : getOnly(headers)(request, response, 0)),
      2,
    ],
    ['GET when HEAD tells no digest', getOnly({ 'content-type': `${MEDIA_TYPES.ociManifest}; charset=utf-8` }), 2],
    ['GET when HEAD tells no type', getOnly({}), 2],
  ])('takes %s', async (_, answer, requests) => {
    await using made = await repository(answer)
    expect(await made.target.resolve('1')).toEqual(manifest.descriptor)
    expect(made.server.asked).toHaveLength(requests)
  })

  it('knows an index that nobody calls one', async () => {
    const index = testBlob('{"schemaVersion":2,"manifests":[]}', MEDIA_TYPES.ociIndex)
    await using made = await repository((_, response) => reply(response, 200, {}, Buffer.from(index.bytes)))
    expect(await made.target.resolve('1')).toEqual(index.descriptor)
  })

  it.each([
    ['an image of schema version 1', 'application/vnd.docker.distribution.manifest.v1+prettyjws', '{"schemaVersion":1}'],
    ['the page of a portal', 'text/html', '<html>'],
  ])('says that %s is no manifest it can read', async (_, type, text) => {
    const digest = digestOf(text)
    await using made = await repository((_, response) =>
      reply(response, 200, { 'content-type': type, 'docker-content-digest': digest }, text),
    )
    const code = expect.stringMatching(/^IMAGE_(UNSUPPORTED_MEDIA_TYPE|BAD_MANIFEST)$/)
    await expect(made.target.resolve('1')).rejects.toMatchObject({ code })
  })

  it('does not take another manifest for the digest that was asked for', async () => {
    await using made = await repository(getOnly({}))
    await expect(made.target.resolve(digestOf('other'))).rejects.toMatchObject({ code: 'REGISTRY_PROTOCOL' })
  })

  it.each(['../x', 'a/b', '', 'sha256:123', '.x'])('refuses the reference %j before it asks', async (ref) => {
    await using made = await repository(() => undefined)
    await expect(made.target.resolve(ref)).rejects.toMatchObject({ code: 'IMAGE_BAD_REFERENCE' })
    expect(made.server.asked).toEqual([])
  })
})

describe('fetch of a blob', () => {
  const start =
    (count: number): Answer =>
    (_, response) => {
      response.writeHead(200, { 'content-length': '20' })
      response.write(bytes.subarray(0, count), () => setTimeout(() => response.destroy(), 20))
    }
  const rest: Answer = (request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1])
    reply(response, 206, { 'content-range': `bytes ${from}-19/20` }, Buffer.from(bytes.subarray(from)))
  }

  it.each<[string, Answer]>([
    ['goes on where a connection broke', (request, response, count) => (count === 1 ? start(7) : rest)(request, response, count)],
    [
      'goes on when an answer without a length ends early',
      (request, response, count) => (count === 1 ? response.end(bytes.subarray(0, 7)) : rest(request, response, count)),
    ],
    [
      'skips what it has when the registry knows no ranges',
      (request, response, count) => (count === 1 ? start(7)(request, response, count) : reply(response, 200, {}, Buffer.from(bytes))),
    ],
    [
      'goes on after a broken connection and an error',
      (request, response, count) =>
        count === 1 ? start(7)(request, response, count) : count === 2 ? reply(response, 500) : rest(request, response, count),
    ],
  ])('%s', async (_, answer) => {
    await using made = await repository(answer)
    expect(await bytesOf(made.target.fetch(descriptor))).toEqual(bytes)
    expect(made.server.seen.at(-1)?.headers.range).toBe('bytes=7-')
  })

  it('has as many attempts again when some bytes came', async () => {
    await using made = await repository((request, response, count) => {
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
      if (count % 2 === 0) return response.destroy()
      response.writeHead(from === 0 ? 200 : 206, {
        'content-length': `${20 - from}`,
        ...(from > 0 && { 'content-range': `bytes ${from}-19/20` }),
      })
      response.write(bytes.subarray(from, from + 4), () => setTimeout(() => response.destroy(), 10))
    })
    expect(await bytesOf(made.target.fetch(descriptor))).toEqual(bytes)
  })

  it('gives up when no more bytes come', async () => {
    await using made = await repository(start(7))
    await expect(bytesOf(made.target.fetch({ ...descriptor, size: 30 }))).rejects.toThrow()
    await using hanging = await repository((request, response, count) =>
      count === 1 ? start(7)(request, response, count) : response.destroy(),
    )
    await expect(bytesOf(hanging.target.fetch(descriptor))).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' })
  })

  it.each<[string, string, string]>([
    ['other bytes', '0123456789ABCDEFGHIJ', 'IMAGE_DIGEST_MISMATCH'],
    ['too many bytes', '0123456789abcdefghijkl', 'IMAGE_SIZE_MISMATCH'],
  ])('withholds the end when %s come, and does not ask again', async (_, sent, code) => {
    await using made = await repository((_, response) => reply(response, 200, {}, sent))
    await expect(bytesOf(made.target.fetch(descriptor))).rejects.toMatchObject({ code })
    expect(made.server.asked).toHaveLength(1)
  })

  it('refuses another range than the one it asked for', async () => {
    await using made = await repository((_, response) =>
      reply(response, 206, { 'content-range': 'bytes 3-19/20' }, Buffer.from(bytes.subarray(3))),
    )
    await expect(bytesOf(made.target.fetch(descriptor, { offset: 5 }))).rejects.toMatchObject({ code: 'REGISTRY_PROTOCOL' })
  })

  it('lets go of the connection on which another range comes', async () => {
    let closed = false
    await using made = await repository((_, response) => {
      response.once('close', () => {
        closed = true
      })
      response.writeHead(206, { 'content-range': 'bytes 3-999999999/1000000000' })
      const pour = (): void => void response.write(Buffer.alloc(65_536), pour)
      pour()
    })
    const body = made.target.fetch({ ...descriptor, size: 1_000_000_000 }, { offset: 5 })
    await expect(bytesOf(body)).rejects.toMatchObject({ code: 'REGISTRY_PROTOCOL' })
    await expect.poll(() => closed).toBe(true)
  })

  it('closes the connection when nobody listens any more', async () => {
    let closed = false
    await using made = await repository((_, response) => {
      response.once('close', () => {
        closed = true
      })
      response.writeHead(200)
      response.write(bytes)
    })
    for await (const _ of made.target.fetch({ ...descriptor, size: 1000 }, { verify: false })) break
    await expect.poll(() => closed).toBe(true)
  })
})

describe('push of a blob', () => {
  const session =
    (location: string | undefined, put: Answer = (_, response) => reply(response, 201)): Answer =>
    (request, response, count) => {
      if (request.method === 'HEAD') reply(response, 404)
      else if (request.method === 'POST') reply(response, 202, location === undefined ? {} : { location })
      else if (request.method === 'PUT') put(request, response, count)
      else reply(response, 204)
    }

  it.each([
    ['relative', '/upload/1?state=a%2Fb'],
    ['relative to the request', '../../../../upload/1?state=a%2Fb'],
  ])('goes to a place that is %s', async (_, location) => {
    await using made = await repository(session(location))
    await made.target.push(descriptor, body(bytes, 6))
    const put = made.server.seen.at(-1)
    const url = new URL(put?.url ?? '', 'http://x')
    expect([url.pathname, url.searchParams.get('state'), url.searchParams.get('digest')]).toEqual(['/upload/1', 'a/b', descriptor.digest])
    expect(put).toMatchObject({ body: `${bytes}`, headers: { 'content-length': '20' } })
  })

  it('goes to a place on another origin', async () => {
    await using other = await oddServer((_, response) => reply(response, 201))
    await using made = await repository(session(`http://${other.host}/elsewhere`))
    await made.target.push(descriptor, body(bytes))
    expect(other.seen[0]?.body).toBe(`${bytes}`)
  })

  it('is over when the blob is there already, and lets the body go', async () => {
    let released = false
    const unread = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.reject(new Error('read')),
        return: async () => {
          released = true
          return { done: true as const, value: undefined }
        },
      }),
    }
    await using made = await repository((_, response) => reply(response, 200))
    await made.target.push(descriptor, unread)
    expect(made.server.asked).toEqual([`HEAD /v2/app/blobs/${descriptor.digest}`])
    expect(released).toBe(true)
  })

  it('gives the place up when the body fails, and passes the failure on', async () => {
    await using made = await repository(session('/upload/1'))
    const failing = (async function* () {
      yield bytes.subarray(0, 3)
      throw new Error('the disk broke')
    })()
    await expect(made.target.push(descriptor, failing)).rejects.toThrow('the disk broke')
    expect(made.server.asked.filter((line) => line.startsWith('DELETE'))).toEqual(['DELETE /upload/1'])
  })

  it.each<[string, Answer, string]>([
    ['says no place', session(undefined), 'REGISTRY_PROTOCOL'],
    ['fails in the end', session('/u', (_, response) => reply(response, 500)), 'REGISTRY_SERVER_ERROR'],
    ['does not like the digest', session('/u', (_, response) => reply(response, 400)), 'REGISTRY_REFUSED'],
    ['redirects in the middle', session('/u', (_, response) => reply(response, 307, { location: '/v' })), 'REGISTRY_PROTOCOL'],
    ['forbids it', (request, response) => reply(response, request.method === 'HEAD' ? 404 : 403), 'REGISTRY_DENIED'],
  ])('fails when the registry %s', async (_, answer, code) => {
    await using made = await repository(answer)
    await expect(made.target.push(descriptor, body(bytes))).rejects.toMatchObject({ code })
  })
})

describe('push of a manifest', () => {
  it('is repeated when the registry fails in between, and tagging sends it again without reading it', async () => {
    await using made = await repository((_, response, count) => reply(response, count === 1 ? 503 : 201))
    await made.target.push(manifest.descriptor, body(manifest.bytes))
    await made.target.tag(manifest.descriptor, 'latest')
    expect(made.server.asked).toEqual([
      `PUT /v2/app/manifests/${manifest.descriptor.digest}`,
      `PUT /v2/app/manifests/${manifest.descriptor.digest}`,
      'PUT /v2/app/manifests/latest',
    ])
    expect(made.server.seen.every((request) => request.headers['content-type'] === MEDIA_TYPES.ociManifest)).toBe(true)
  })

  it('notices that the registry stored something else', async () => {
    await using made = await repository((_, response) => reply(response, 201, { 'docker-content-digest': digestOf('other') }))
    await expect(made.target.push(manifest.descriptor, body(manifest.bytes))).rejects.toMatchObject({ code: 'REGISTRY_PROTOCOL' })
  })
})

describe('tags', () => {
  const page =
    (tags: unknown, link?: string): Answer =>
    (_, response) =>
      reply(response, 200, link === undefined ? {} : { link }, JSON.stringify({ name: 'app', tags }))

  it.each<[string, Answer]>([
    ['a list that is none', page('x')],
    ['a tag that is none', page(['../x'])],
    ['no JSON', (_, response) => reply(response, 200, {}, '<html>')],
    ['a next page elsewhere', page(['a'], '<http://192.0.2.1/next>; rel="next"')],
  ])('refuses %s', async (_, answer) => {
    await using made = await repository(answer)
    await expect(readAll(made.target.tags())).rejects.toMatchObject({ code: 'REGISTRY_PROTOCOL' })
  })

  it('takes null for no tags', async () => {
    await using made = await repository(page(null))
    expect((await made.target.tags().next()).done).toBe(true)
  })
})

describe('the name of a repository', () => {
  it.each(['', 'localhost:5000/../x', 'localhost:5000/App', 'app:tag'])('%j is refused', (name) => {
    expect(() => createRegistryClient().repository(name)).toThrow(expect.objectContaining({ code: 'IMAGE_BAD_REFERENCE' }))
  })

  it('is completed as docker does', () => {
    expect(createRegistryClient().repository('debian')).toMatchObject({ registry: 'docker.io', repository: 'library/debian' })
  })
})

async function readAll(items: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = []
  for await (const item of items) all.push(item)
  return all
}
