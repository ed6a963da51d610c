import { digestOf, type ImageStore, MemoryStore, type Source } from '@ct/image'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { countedStore } from './counted-store.ts'
import { errorCodeOf } from './error-code.ts'
import { pushImage, registryOnLoopback, type TestRegistry } from './registry-on-loopback.ts'

let origin: TestRegistry
let asked: string[]
let isDown: boolean
beforeEach(async () => {
  origin = await registryOnLoopback()
  asked = []
  isDown = false
})
afterEach(() => origin[Symbol.asyncDispose]())

/** A repository of the origin, counting what is asked of it. */
function source(repository: string): Source {
  const ask = (what: string): void => {
    asked.push(what)
    if (isDown) throw new Error('connection refused')
  }
  return {
    async resolve(reference) {
      ask(reference)
      return origin.store.resolve(`localhost/${repository}${reference.includes(':') ? '@' : ':'}${reference}`)
    },
    async *fetch(descriptor, options) {
      ask(descriptor.digest)
      yield* origin.store.fetch(descriptor, options)
    },
  }
}

const cache = (ttlMs?: number, store: ImageStore = new MemoryStore()) => registryOnLoopback({ store, upstream: { source, ttlMs } })
const layer = digestOf('layer of team/app:v1')

describe('a pull-through cache', () => {
  it('brings what is asked for, once, and then needs its upstream no more', async () => {
    const manifest = await pushImage(origin, 'team/app', 'v1')
    await using mirror = await cache()
    for (let round = 0; round < 2; round++) {
      for (const reference of ['v1', digestOf(manifest)]) {
        const answer = await mirror.call('GET', `/v2/team/app/manifests/${reference}`)
        expect(Buffer.from(await answer.arrayBuffer())).toEqual(manifest)
      }
      expect(await (await mirror.call('GET', `/v2/team/app/blobs/${layer}`)).text()).toBe('layer of team/app:v1')
      isDown = true
    }
    expect(asked).toEqual(['v1', digestOf(manifest), layer])
  })

  it('asks again for a tag when its time is up, and serves the old one while upstream is down', async () => {
    const [old, now] = [await pushImage(origin, 'team/app', 'v1'), await pushImage(origin, 'team/app', 'v2')]
    await using mirror = await cache(0)
    const digest = async (): Promise<string | null> =>
      (await mirror.call('GET', '/v2/team/app/manifests/v1')).headers.get('docker-content-digest')
    expect(await digest()).toBe(digestOf(old))
    await origin.store.tag(await origin.store.resolve('localhost/team/app:v2'), 'localhost/team/app:v1')
    isDown = true
    expect(await digest()).toBe(digestOf(old))
    isDown = false
    expect(await digest()).toBe(digestOf(now))
  })

  it('lets those who ask for the same at once wait for one transfer', async () => {
    await pushImage(origin, 'team/app', 'v1')
    await using mirror = await cache()
    await mirror.call('GET', '/v2/team/app/manifests/v1')
    const bodies = await Promise.all(
      Array.from({ length: 8 }, async () => (await mirror.call('GET', `/v2/team/app/blobs/${layer}`)).text()),
    )
    expect(new Set(bodies)).toEqual(new Set(['layer of team/app:v1']))
    expect(asked.filter((what) => what === layer)).toHaveLength(1)
  })

  it('finds what a blob is at no cost that grows with the repository', async () => {
    const tags = Array.from({ length: 12 }, (_, i) => `v${i}`)
    for (const tag of tags) await pushImage(origin, 'team/app', tag)
    const { store, calls } = countedStore(new MemoryStore())
    await using mirror = await cache(undefined, store)
    for (const tag of tags) await mirror.call('GET', `/v2/team/app/manifests/${tag}`)
    const costs: number[] = []
    for (const tag of tags) {
      calls.clear()
      expect((await mirror.call('GET', `/v2/team/app/blobs/${digestOf(`layer of team/app:${tag}`)}`)).status).toBe(200)
      costs.push([...calls.values()].reduce((sum, count) => sum + count, 0))
    }
    expect(calls.get('listRefs')).toBeUndefined()
    expect(new Set(costs.slice(1)).size).toBe(1)
  })

  it('keeps nothing that upstream sends wrong', async () => {
    await pushImage(origin, 'team/app', 'v1')
    const wrong = (repository: string): Source => ({
      ...source(repository),
      async *fetch() {
        yield Buffer.from('something else')
      },
    })
    await using mirror = await registryOnLoopback({ upstream: { source: wrong } })
    const answer = await mirror.call('GET', '/v2/team/app/manifests/v1')
    expect([answer.status, `DISTRIBUTION_${await errorCodeOf(answer)}`]).toEqual([502, 'DISTRIBUTION_UPSTREAM_FAILED'])
    expect(await mirror.store.listRefs()).toEqual([])
  })

  it('does not ask for blobs that no manifest of the repository names, and takes no pushes', async () => {
    await pushImage(origin, 'team/app', 'v1')
    await using mirror = await cache()
    expect((await mirror.call('GET', `/v2/team/app/blobs/${layer}`)).status).toBe(404)
    expect(asked).toEqual([])
    expect((await mirror.call('GET', '/v2/team/app/manifests/none')).status).toBe(404)
    const pushed = await mirror.call('POST', '/v2/team/app/blobs/uploads/')
    expect([pushed.status, await errorCodeOf(pushed)]).toEqual([405, 'UNSUPPORTED'])
  })
})
