import { digestOf, MemoryStore } from '@ct/image'
import { describe, expect, it } from 'vitest'
import { errorCodeOf } from '../error-code.ts'
import { pushBlob, registryOnLoopback } from '../registry-on-loopback.ts'

describe('a repository with a quota', () => {
  it('takes blobs up to it and not a byte more', async () => {
    await using registry = await registryOnLoopback({ maxRepositoryBytes: 10 })
    const blob = await pushBlob(registry, 'team/app', Buffer.alloc(6, 'a'))
    await pushBlob(registry, 'team/other', Buffer.alloc(10, 'b'))
    const more = Buffer.alloc(5, 'c')
    const answer = await registry.call('POST', `/v2/team/app/blobs/uploads/?digest=${digestOf(more)}`, { body: more })
    expect([answer.status, await errorCodeOf(answer)]).toEqual([403, 'DENIED'])
    const mounted = await registry.call('POST', `/v2/team/other/blobs/uploads/?mount=${blob.digest}&from=team/app`)
    expect(mounted.status).toBe(403)
    await registry.call('DELETE', `/v2/team/app/blobs/${blob.digest}`)
    await pushBlob(registry, 'team/app', Buffer.alloc(10, 'd'))
  })

  it('breaks an upload off that does not tell its size, once it is too large', async () => {
    await using registry = await registryOnLoopback({ maxRepositoryBytes: 100_000 })
    const location = (await registry.call('POST', '/v2/team/app/blobs/uploads/')).headers.get('location') ?? ''
    const body = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) })
    const answer = await registry.call('PATCH', location, { body, duplex: 'half' } as RequestInit).catch(() => undefined)
    expect(answer?.status ?? 403).toBe(403)
    const progress = await registry.call('GET', location)
    expect(Number(progress.headers.get('range')?.split('-')[1])).toBeLessThan(1_000_000)
  })

  it('takes only what fits of blobs that are mounted at once', async () => {
    const memory = new MemoryStore()
    const tag: MemoryStore['tag'] = async (...args) => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      await memory.tag(...args)
    }
    const store = new Proxy(memory, {
      get(target, key) {
        const value = Reflect.get(target, key) as unknown
        return key === 'tag' ? tag : typeof value === 'function' ? value.bind(target) : value
      },
    })
    await using registry = await registryOnLoopback({ store, maxRepositoryBytes: 10 })
    const blobs = await Promise.all(['a', 'b', 'c', 'd'].map((letter) => pushBlob(registry, `from/${letter}`, Buffer.alloc(5, letter))))
    const answers = await Promise.all(blobs.map(({ digest }) => registry.call('POST', `/v2/team/app/blobs/uploads/?mount=${digest}`)))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 403, 403])
  })

  it('takes what it has already, for that adds nothing', async () => {
    await using registry = await registryOnLoopback({ maxRepositoryBytes: 10 })
    const { digest } = await pushBlob(registry, 'team/app', Buffer.alloc(8, 'a'))
    await pushBlob(registry, 'team/other', Buffer.alloc(8, 'a'))
    expect((await registry.call('POST', `/v2/team/app/blobs/uploads/?mount=${digest}&from=team/other`)).status).toBe(201)
  })

  it('takes only what fits of blobs that come at once', async () => {
    await using registry = await registryOnLoopback({ maxRepositoryBytes: 10 })
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd'].map((letter) => {
        const bytes = Buffer.alloc(5, letter)
        return registry.call('POST', `/v2/team/app/blobs/uploads/?digest=${digestOf(bytes)}`, { body: bytes })
      }),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 403, 403])
  })
})
