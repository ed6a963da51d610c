import { randomBytes } from 'node:crypto'
import { createSecureServer } from 'node:http2'
import { digestOf, MEDIA_TYPES } from '@ct/image'
import { body, bytesOf, testBlob, testImage } from '@ct/image/testing'
import { describe, expect, it } from 'vitest'
import { createRegistryClient } from '../src/index.ts'
import { oddServer, reply } from './odd-server.ts'
import { selfSigned } from './self-signed.ts'

const { descriptor, bytes } = testBlob('some bytes of a layer')

describe('a registry that is odd but within the rules', () => {
  it('may answer without a length', async () => {
    const { root, blobs } = testImage(['layer'])
    const manifest = Buffer.from(blobs.at(-1)?.bytes ?? [])
    await using server = await oddServer((request, response) => {
      response.writeHead(200, { 'content-type': root.mediaType })
      if (request.method !== 'HEAD') response.write(request.url.includes('/blobs/') ? bytes : manifest)
      response.end()
    })
    await using client = createRegistryClient()
    const repository = client.repository(`${server.host}/app`)
    expect(await repository.resolve('1')).toEqual(root)
    expect(await bytesOf(repository.fetch(root))).toEqual(manifest)
    expect(await bytesOf(repository.fetch(descriptor))).toEqual(bytes)
  })

  it('may end an answer by closing the connection', async () => {
    await using server = await oddServer((_, response) => {
      response.socket?.end(`HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n${bytes}`)
    })
    await using client = createRegistryClient()
    expect(await bytesOf(client.repository(`${server.host}/app`).fetch(descriptor))).toEqual(bytes)
  })

  it('may say 200 to a mount that it does not do, or begin an upload instead', async () => {
    for (const status of [200, 202]) {
      await using server = await oddServer((request, response) => {
        if (request.method === 'POST' && request.url.includes('mount=')) return reply(response, status, { location: '/u/0' })
        reply(response, request.method === 'HEAD' ? 404 : request.method === 'POST' ? 202 : 201, { location: '/u/1' })
      })
      await using client = createRegistryClient()
      const to = client.repository(`${server.host}/to`)
      expect(await to.mount(descriptor, client.repository(`${server.host}/from`))).toBe(false)
      await to.push(descriptor, body(bytes))
      expect(server.seen.at(-1)).toMatchObject({ method: 'PUT', body: `${bytes}` })
    }
  })

  it('may write the digest header in any case, and say first that more is to come', async () => {
    const { root } = testImage(['layer'])
    await using server = await oddServer((_, response) => {
      response.writeProcessing()
      response.writeHead(200, { 'Content-Type': root.mediaType, 'DOCKER-content-DIGEST': root.digest, 'content-length': `${root.size}` })
      response.end()
    })
    await using client = createRegistryClient()
    expect(await client.repository(`${server.host}/app`).resolve('1')).toEqual(root)
  })

  it('may prefer HTTP/2', async () => {
    const tls = await selfSigned()
    const large = testBlob(randomBytes(3_000_000))
    const server = createSecureServer({ ...tls, allowHTTP1: true }, (request, response) => {
      response.writeHead(request.httpVersion === '1.1' ? 200 : 505, { 'content-type': MEDIA_TYPES.ociLayer })
      response.end(large.bytes)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const host = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
    await using client = createRegistryClient({ insecure: () => false, tls: async () => ({ authorities: [Buffer.from(tls.cert)] }) })
    expect(digestOf(await bytesOf(client.repository(`${host}/app`).fetch(large.descriptor)))).toBe(large.descriptor.digest)
    server.close()
  })
})
