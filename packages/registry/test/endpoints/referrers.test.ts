import { type Descriptor, digestOf, MAX_DOCUMENT_BYTES, MEDIA_TYPES } from '@ct/image'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { pushArtifact, pushImage, registryOnLoopback, type TestRegistry } from '../registry-on-loopback.ts'

let registry: TestRegistry
beforeEach(async () => {
  registry = await registryOnLoopback()
})
afterEach(() => registry[Symbol.asyncDispose]())

const listOf = async (path: string) => {
  const answer = await registry.call('GET', path)
  return { answer, manifests: ((await answer.json()) as { manifests: Descriptor[] }).manifests }
}

describe('referrers', () => {
  it('of a digest that nobody knows are none', async () => {
    const { answer, manifests } = await listOf(`/v2/team/app/referrers/${digestOf('nothing')}`)
    expect([answer.status, answer.headers.get('content-type'), manifests]).toEqual([200, MEDIA_TYPES.ociIndex, []])
    expect((await registry.call('GET', '/v2/team/app/referrers/latest')).status).toBe(400)
  })

  it('are described with their type and annotations, in the repository where they are', async () => {
    const subject = digestOf(await pushImage(registry, 'team/app', 'v1'))
    const { digest, size } = await pushArtifact(registry, 'team/app', { subject, artifactType: 'a/signature', annotations: { by: 'me' } })
    const { manifests } = await listOf(`/v2/team/app/referrers/${subject}`)
    expect(manifests).toEqual([
      { mediaType: MEDIA_TYPES.ociManifest, digest, size, artifactType: 'a/signature', annotations: { by: 'me' } },
    ])
    expect((await listOf(`/v2/team/other/referrers/${subject}`)).manifests).toEqual([])
    await registry.call('DELETE', `/v2/team/app/manifests/${digest}`)
    expect((await listOf(`/v2/team/app/referrers/${subject}`)).manifests).toEqual([])
  })

  it('may come before their subject, and the push says that it was understood', async () => {
    const subject = digestOf('not here yet')
    const { answer } = await pushArtifact(registry, 'team/app', { subject, artifactType: 'a/sbom' })
    expect(answer.headers.get('oci-subject')).toBe(subject)
    expect((await listOf(`/v2/team/app/referrers/${subject}`)).manifests).toHaveLength(1)
  })

  it('come in pages that a client can read, however much they say', async () => {
    const subject = digestOf('subject')
    const text = 'x'.repeat(1_500_000)
    for (const name of ['one', 'two', 'three', 'four', 'five'])
      await pushArtifact(registry, 'team/app', { subject, artifactType: 'a/large', annotations: { name, text } })
    const sizes: number[] = []
    for (let path = `/v2/team/app/referrers/${subject}`; path !== ''; ) {
      const { answer, manifests } = await listOf(path)
      expect(JSON.stringify(manifests).length).toBeLessThan(MAX_DOCUMENT_BYTES)
      sizes.push(manifests.length)
      path = /^<(.+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1] ?? ''
    }
    expect(sizes).toEqual([2, 2, 1])
  })

  it('are filtered by type, and come in pages that keep the filter', async () => {
    const subject = digestOf('subject')
    for (const name of ['one', 'two', 'three'])
      await pushArtifact(registry, 'team/app', { subject, artifactType: 'a/wanted', annotations: { name } })
    await pushArtifact(registry, 'team/app', { subject, artifactType: 'a/other' })
    const first = await listOf(`/v2/team/app/referrers/${subject}?artifactType=a/wanted&n=2`)
    expect([first.manifests.length, first.answer.headers.get('oci-filters-applied')]).toEqual([2, 'artifactType'])
    const next = /^<(.+)>; rel="next"$/.exec(first.answer.headers.get('link') ?? '')?.[1] ?? ''
    const second = await listOf(next)
    expect(second.answer.headers.get('link')).toBeNull()
    const names = [...first.manifests, ...second.manifests].map(({ annotations }) => annotations?.name)
    expect(names.sort()).toEqual(['one', 'three', 'two'])
  })
})
