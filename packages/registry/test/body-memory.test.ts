import { request } from 'node:http'
import { MAX_DOCUMENT_BYTES } from '@ct/image'
import { describe, expect, it } from 'vitest'
import { BodyMemory } from '../src/body-memory.ts'
import { errorCodeOf } from './error-code.ts'
import { pushImage, putManifest, registryOnLoopback } from './registry-on-loopback.ts'

describe('the memory for bodies', () => {
  it('is bounded for all together, and comes back', () => {
    const memory = new BodyMemory({ mostBytes: 10 })
    using one = memory.open()
    one.take(6)
    {
      using two = memory.open()
      two.take(4)
      expect(() => one.take(1)).toThrow('too many manifests')
    }
    one.take(4)
    expect(() => one.take(1)).toThrow('too many manifests')
  })

  it('is not used up for long by those who never end', async () => {
    await using registry = await registryOnLoopback()
    const manifest = await pushImage(registry, 'team/app', 'v1')
    const [host, port] = registry.host.split(':')
    const body = Buffer.alloc(MAX_DOCUMENT_BYTES, ' ')
    const hanging = Array.from({ length: 64 }, () => {
      const outgoing = request({ host, port, method: 'PUT', path: '/v2/team/app/manifests/v2', agent: false })
      outgoing.on('error', () => undefined)
      return { outgoing, sent: new Promise((resolve) => outgoing.write(body, resolve)) }
    })
    await Promise.all(hanging.map(({ sent }) => sent))
    const push = () => putManifest(registry, 'team/app/manifests/v3', manifest)
    const refused = await expect.poll(push, { timeout: 10_000 }).toMatchObject({ status: 429 }).then(push)
    expect(await errorCodeOf(refused)).toBe('TOOMANYREQUESTS')
    for (const { outgoing } of hanging) outgoing.destroy()
    await expect.poll(push, { timeout: 10_000 }).toMatchObject({ status: 201 })
  })
})
