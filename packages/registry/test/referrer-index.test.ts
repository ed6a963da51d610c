import { type Descriptor, type Digest, digestOf, type ImageStore, MemoryStore } from '@ct/image'
import { describe, expect, it } from 'vitest'
import { pushArtifact, pushImage, registryOnLoopback, type TestRegistry } from './registry-on-loopback.ts'

const INDEX = 'referrers.ct.invalid/'
const subject = digestOf('a subject')

/** A store that counts what is asked of it: calls, and the references that they gave. */
function counted(store: ImageStore): { readonly store: ImageStore; asked: number } {
  const counter = { asked: 0, store }
  counter.store = new Proxy(store, {
    get(target, key) {
      const value = Reflect.get(target, key) as unknown
      if (typeof value !== 'function') return value
      return (...args: readonly unknown[]) => {
        counter.asked++
        const answer: unknown = value.apply(target, args)
        if (key !== 'listRefs') return answer
        return (answer as Promise<readonly unknown[]>).then((list) => {
          counter.asked += list.length
          return list
        })
      }
    },
  })
  return counter
}

const referrersOf = async (registry: TestRegistry, of: Digest = subject, repository = 'team/app') => {
  const answer = await registry.call('GET', `/v2/${repository}/referrers/${of}`)
  return ((await answer.json()) as { manifests: Descriptor[] }).manifests.map(({ digest }) => digest)
}
const signature = (registry: TestRegistry, of: Digest, name: string) =>
  pushArtifact(registry, 'team/app', { subject: of, artifactType: 'a/signature', annotations: { name } })
const entriesIn = async (store: ImageStore) =>
  (await store.listRefs(undefined, { hasInternal: true })).map(({ reference }) => reference).filter((name) => name.startsWith(INDEX))

describe('the list of referrers', () => {
  it('costs what it has, whatever else is in the repository', async () => {
    const counter = counted(new MemoryStore())
    await using registry = await registryOnLoopback({ store: counter.store })
    for (let i = 0; i < 3; i++) await signature(registry, subject, `${i}`)
    const cost = async (): Promise<number> => {
      counter.asked = 0
      expect(await referrersOf(registry)).toHaveLength(3)
      return counter.asked
    }
    const alone = await cost()
    for (let i = 0; i < 40; i++) await signature(registry, digestOf(`another subject ${i}`), `${i}`)
    expect(await cost()).toBe(alone)
    // One list, with what it has; the manifests themselves are known.
    expect(alone).toBeLessThanOrEqual(5)
  })

  it('is of one repository', async () => {
    await using registry = await registryOnLoopback()
    await signature(registry, subject, 'one')
    await pushImage(registry, 'team/other', 'v1')
    expect(await referrersOf(registry, subject, 'team/other')).toEqual([])
  })

  it('survives a new process, and a repository whose name is as long as can be', async () => {
    const store = new MemoryStore()
    const repository = `team/${'x'.repeat(200)}`
    await using one = await registryOnLoopback({ store })
    const { digest } = await pushArtifact(one, repository, { subject, artifactType: 'a/signature' })
    await using two = await registryOnLoopback({ store })
    expect(await referrersOf(two, subject, repository)).toEqual([digest])
  })

  it('is found in a store from before there was an index, which the next push mends', async () => {
    const store = new MemoryStore()
    await using before = await registryOnLoopback({ store })
    const { digest } = await signature(before, subject, 'old')
    for (const entry of await entriesIn(store)) await store.untag(entry)
    await using registry = await registryOnLoopback({ store })
    expect(await referrersOf(registry)).toEqual([digest])
    expect(await entriesIn(store)).toEqual([])
    await pushImage(registry, 'team/app', 'v1')
    expect(await entriesIn(store)).toHaveLength(2)
    expect(await referrersOf(registry)).toEqual([digest])
  })

  it('is mended by a collection, both ways', async () => {
    const store = new MemoryStore()
    await using registry = await registryOnLoopback({ store })
    const lost = await signature(registry, subject, 'its entry is lost')
    const gone = await signature(registry, subject, 'its manifest is lost')
    const [entry = ''] = (await entriesIn(store)).filter((name) => name.endsWith(lost.digest))
    await store.untag(entry)
    await store.untag(`localhost/team/app@${gone.digest}`)
    expect(await referrersOf(registry)).toEqual([gone.digest])
    await registry.registry.collect()
    expect(await referrersOf(registry)).toEqual([lost.digest])
  })

  it('leaves nothing behind when its repository is empty', async () => {
    const store = new MemoryStore()
    await using registry = await registryOnLoopback({ store })
    const { digest } = await signature(registry, subject, 'one')
    await registry.call('DELETE', `/v2/team/app/manifests/${digest}`)
    expect((await entriesIn(store)).filter((name) => name.includes('@'))).toEqual([])
    await registry.registry.collect({ graceMs: 0 })
    expect(await entriesIn(store)).toEqual([])
    expect(await referrersOf(registry)).toEqual([])
  })

  it.each([
    ['before its entry is written', 'localhost/team/app@'],
    ['as its entry is written', INDEX],
  ])('does not keep a manifest that another registry deletes %s', async (_, moment) => {
    const store = new MemoryStore()
    await using other = await registryOnLoopback({ store })
    await pushImage(other, 'team/app', 'v1')
    let deleted: Digest | undefined
    const between = new Proxy(store, {
      get(target, key) {
        const value = Reflect.get(target, key) as unknown
        if (typeof value !== 'function') return value
        if (key !== 'tag') return value.bind(target)
        return async (descriptor: Descriptor, ref: string) => {
          await target.tag(descriptor, ref)
          if (!ref.startsWith(moment) || descriptor.mediaType === 'application/octet-stream' || deleted !== undefined) return
          deleted = descriptor.digest
          await other.call('DELETE', `/v2/team/app/manifests/${deleted}`)
        }
      },
    })
    await using registry = await registryOnLoopback({ store: between })
    await signature(registry, subject, 'raced')
    expect(await referrersOf(registry)).toEqual([])
    expect((await entriesIn(store)).filter((name) => name.includes('@'))).toEqual([])
  })

  it('is whole when many write at once', async () => {
    await using registry = await registryOnLoopback()
    const pushed = await Promise.all(Array.from({ length: 20 }, (_, i) => signature(registry, subject, `${i}`)))
    expect((await referrersOf(registry)).sort()).toEqual(pushed.map(({ digest }) => digest).sort())
  })
})
