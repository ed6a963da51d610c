import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Descriptor } from '@ct/image'
import { digestOf } from '@ct/image'
import { describe, expect, it } from 'vitest'
import { createRegistryClient } from '../src/index.ts'
import { oddServer, reply } from './odd-server.ts'

const bytes = Buffer.from(Uint32Array.from({ length: 800_000 }, (_, i) => Math.imul(i, 2_654_435_761)).buffer)
const descriptor: Descriptor = { mediaType: 'application/octet-stream', digest: digestOf(bytes), size: bytes.byteLength }

/** Sends the bytes in pieces of these sizes, over and over. */
async function trickle(response: ServerResponse, sizes: readonly number[]): Promise<void> {
  for (let at = 0, i = 0; at < bytes.byteLength; i++) {
    const size = sizes[i % sizes.length] ?? bytes.byteLength
    if (!response.write(bytes.subarray(at, at + size))) await once(response, 'drain')
    at += size
  }
  response.end()
}

describe('the body of an answer', () => {
  const pieces: [string, readonly number[]][] = [
    ['at once', [bytes.byteLength]],
    ['in small pieces', [3_001]],
    ['in pieces of all sizes', [1, 65_536, 7, 300_000, 4_096, 262_144]],
  ]
  it.each(
    pieces.flatMap(([how, sizes]) => [0, 1].flatMap((pauseMs) => [true, false].map((transient) => ({ how, sizes, pauseMs, transient })))),
  )(
    'comes whole when it is sent $how and read with pauses of $pauseMs ms (transient: $transient)',
    async ({ sizes, pauseMs, transient }) => {
      await using server = await oddServer((_, response) => {
        response.writeHead(200, sizes.length > 1 ? {} : { 'content-length': bytes.byteLength })
        void trickle(response, sizes)
      })
      await using client = createRegistryClient()
      const kept: Uint8Array[] = []
      for await (const chunk of client.repository(`${server.host}/app`).fetch(descriptor, { verify: false, transient })) {
        // What is not transient must still be right when all has come.
        kept.push(transient ? Buffer.from(chunk) : chunk)
        if (pauseMs > 0) await sleep(pauseMs)
      }
      expect(digestOf(Buffer.concat(kept))).toBe(descriptor.digest)
    },
  )

  it('waits at the registry when nobody reads it', async () => {
    let sentBytes = 0
    await using server = await oddServer((_, response) => {
      response.writeHead(200)
      const pour = (): void => {
        sentBytes += 65_536
        response.write(Buffer.alloc(65_536), (error) => (error == null && sentBytes < 200_000_000 ? pour() : response.destroy()))
      }
      pour()
    })
    await using client = createRegistryClient()
    for await (const _ of client.repository(`${server.host}/app`).fetch({ ...descriptor, size: 200_000_000 }, { verify: false })) {
      await sleep(200)
      break
    }
    // What both ends of the connection and we hold.
    expect(sentBytes).toBeLessThan(40_000_000)
  })

  it('leaves the connection to the next request, also after HEAD', async () => {
    await using server = await oddServer((_, response) => reply(response, 200, { 'docker-content-digest': descriptor.digest }, ''))
    await using client = createRegistryClient()
    const repository = client.repository(`${server.host}/app`)
    for (let i = 0; i < 8; i++) expect(await repository.has(descriptor)).toBe(true)
    // A second one is opened when a request comes before the connection is free again.
    expect(server.connections()).toBeLessThanOrEqual(2)
  })

  it('of a request that is aborted while it waits for a connection fails at once', async () => {
    await using server = await oddServer(() => undefined)
    await using client = createRegistryClient({ connectionsPerHost: 1, retry: { attempts: 1 } })
    const repository = client.repository(`${server.host}/app`)
    const first = new AbortController()
    const blocking = repository.has(descriptor, { signal: first.signal })
    await expect(repository.has(descriptor, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ name: 'TimeoutError' })
    first.abort(new Error('enough'))
    await expect(blocking).rejects.toThrow('enough')
  })
})
