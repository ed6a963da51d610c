import { digestOf } from '@ct/image'
import { body, testBlob } from '@ct/image/testing'
import { expect, it } from 'vitest'
import { createRegistryClient } from '../src/index.ts'
import { oddServer, reply } from './odd-server.ts'

const { descriptor, bytes } = testBlob('to be mounted')
const mounting = `POST /v2/two/blobs/uploads/?mount=${encodeURIComponent(descriptor.digest)}&from=one`

it.each([
  ['done', 201, {}, true, []],
  ['answered with an upload, which is given up', 202, { location: '/v2/two/blobs/uploads/1' }, false, ['DELETE /v2/two/blobs/uploads/1']],
  ['answered with an upload that has no place', 202, {}, false, []],
  ['answered with 200', 200, {}, false, []],
  ['refused as a bad request', 400, {}, false, []],
  ['forbidden', 403, {}, false, []],
  ['of what the other repository lacks', 404, {}, false, []],
  ['not known', 405, {}, false, []],
] as const)('a mount that is %s', async (_, status, headers, isMounted, after) => {
  await using server = await oddServer((request, response) => {
    if (request.method === 'POST') return reply(response, status, headers)
    reply(response, 204)
  })
  await using client = createRegistryClient({ retry: { attempts: 1 } })
  const from = client.repository(`${server.host}/one`)
  expect(await client.repository(`${server.host}/two`).mount(descriptor, from)).toBe(isMounted)
  expect(server.asked).toEqual([mounting, ...after])
})

it('a mount is not asked of another registry, nor of the repository itself', async () => {
  await using one = await oddServer((_, response) => reply(response, 201))
  await using two = await oddServer((_, response) => reply(response, 201))
  await using client = createRegistryClient()
  const target = client.repository(`${one.host}/app`)
  expect(await target.mount(descriptor, client.repository(`${two.host}/app`))).toBe(false)
  expect(await target.mount(descriptor, client.repository(`${one.host}/app`))).toBe(false)
  expect([...one.asked, ...two.asked]).toEqual([])
})

it('a blob of sha512 is sent, and read, under that digest', async () => {
  const blob = { descriptor: { ...descriptor, digest: digestOf(bytes, 'sha512') } }
  await using server = await oddServer((request, response) => {
    if (request.method === 'POST') return reply(response, 202, { location: '/v2/app/blobs/uploads/1' })
    if (request.method === 'PUT') return reply(response, 201)
    reply(response, request.method === 'HEAD' ? 404 : 200, {}, request.method === 'HEAD' ? '' : Buffer.from(bytes))
  })
  await using client = createRegistryClient()
  const target = client.repository(`${server.host}/app`)
  await target.push(blob.descriptor, body(bytes))
  expect(server.asked.at(-1)).toBe(`PUT /v2/app/blobs/uploads/1?digest=${encodeURIComponent(blob.descriptor.digest)}`)
  const read: Uint8Array[] = []
  for await (const chunk of target.fetch(blob.descriptor)) read.push(chunk)
  expect(Buffer.concat(read)).toEqual(Buffer.from(bytes))
})
