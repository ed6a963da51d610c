import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bodyOf, digestOf, MEDIA_TYPES, MemoryStore } from '@ct/image'
import { createRegistry } from '@ct/registry'
import { createRegistryClient } from '@ct/registry-client'
import { afterEach, beforeEach, expect, it } from 'vitest'

let server: ReturnType<typeof createServer>
let host: string
beforeEach(async () => {
  server = createServer(createRegistry({ store: new MemoryStore() }))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => server.close())

it('what is pushed can be pulled', async () => {
  await using client = createRegistryClient()
  const repository = client.repository(`${host}/team/app`)
  const bytes = Buffer.from('hello')
  const blob = { mediaType: MEDIA_TYPES.ociLayer, digest: digestOf(bytes), size: bytes.length }
  await repository.push(blob, bodyOf(bytes))
  for await (const chunk of repository.fetch(blob)) expect(`${Buffer.from(chunk)}`).toBe('hello')
})

it('and the next test begins with an empty registry', async () => {
  await using client = createRegistryClient()
  expect(await client.repository(`${host}/team/app`).has({ mediaType: MEDIA_TYPES.ociLayer, digest: digestOf('hello'), size: 5 })).toBe(
    false,
  )
})
