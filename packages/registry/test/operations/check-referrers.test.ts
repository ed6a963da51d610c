import { digestOf, MemoryStore } from '@ct/image'
import { describe, expect, it } from 'vitest'
import { pushArtifact, pushImage, registryOnLoopback } from '../registry-on-loopback.ts'

const [subject, other] = [digestOf('a subject'), digestOf('another')]
const notesIn = async (store: MemoryStore) => {
  const all = await store.listRefs(undefined, { hasInternal: true })
  return all.filter(({ reference }) => reference.startsWith('referrers.ct.invalid/subject-'))
}

describe('checkReferrers', () => {
  it('finds nothing in what was pushed and deleted', async () => {
    await using one = await registryOnLoopback()
    await pushImage(one, 'team/app', 'v1')
    const { digest } = await pushArtifact(one, 'team/app', { subject, artifactType: 'a/one' })
    await pushArtifact(one, 'team/app', { subject, artifactType: 'a/two' })
    await one.call('DELETE', `/v2/team/app/manifests/${digest}`)
    expect(await one.registry.checkReferrers()).toEqual([])
  })

  it('finds an entry under a subject that the manifest is not about', async () => {
    const store = new MemoryStore()
    await using one = await registryOnLoopback({ store })
    const { digest } = await pushArtifact(one, 'team/app', { subject, artifactType: 'a/one' })
    const [right] = await notesIn(store)
    await pushArtifact(one, 'team/app', { subject: other, artifactType: 'a/two' })
    const folder = (await notesIn(store))
      .map(({ reference }) => reference.split('@')[0])
      .find((name) => !right?.reference.startsWith(`${name}@`))
    if (right === undefined) throw new Error('no entry')
    await store.tag(right.descriptor, `${folder}@${digest}`)
    const problems = [{ problem: 'stale', repository: 'team/app', digest }]
    expect(await one.registry.checkReferrers()).toEqual(problems)
    expect(await notesIn(store)).toHaveLength(3)
    expect(await one.registry.checkReferrers({ shouldRepair: true })).toEqual(problems)
    expect(await notesIn(store)).toHaveLength(2)
    expect(await one.registry.checkReferrers()).toEqual([])
  })

  it('does not take what is being written for a fault', async () => {
    const store = new MemoryStore()
    await using one = await registryOnLoopback({ store })
    const { digest } = await pushArtifact(one, 'team/app', { subject, artifactType: 'a/one' })
    const [entry] = await notesIn(store)
    if (entry === undefined) throw new Error('no entry')
    await store.untag(entry.reference)
    let looks = 0
    const other = new Proxy(store, {
      get(target, key) {
        const value = Reflect.get(target, key) as unknown
        if (key !== 'listRepositories') return typeof value === 'function' ? value.bind(target) : value
        return async (registry: string) => {
          // Another registry ends its work between the two looks.
          if (registry === 'localhost' && looks++ === 1) await target.tag(entry.descriptor, entry.reference)
          return target.listRepositories(registry)
        }
      },
    })
    await using two = await registryOnLoopback({ store: other })
    expect(await two.registry.checkReferrers()).toEqual([])
    expect(looks).toBe(2)
    expect(digest).toBe(entry.descriptor.digest)
  })
})
