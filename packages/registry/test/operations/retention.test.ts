import { digestOf, MemoryStore } from '@ct/image'
import { describe, expect, it } from 'vitest'
import { compileRule, doomedTags, type RetentionRule, rulesFor } from '../../src/operations/retention.ts'
import { pushArtifact, pushImage, registryOnLoopback } from '../registry-on-loopback.ts'

const DAY_MS = 24 * 3_600_000

/** Tags in the order in which they were pushed, one a day, the last one now. */
const tags = ['v1', 'v2', 'main', 'pr-1', 'pr-2'].map((tag, index, all) => {
  const pushedAt = new Date(Date.now() - (all.length - 1 - index) * DAY_MS - 1000)
  const descriptor = {
    mediaType: 'a/b',
    digest: digestOf(tag),
    size: 1,
    annotations: { 'dev.ct.registry.linked-at': pushedAt.toISOString() },
  }
  return { tag, descriptor }
})

describe('rules for tags', () => {
  it.each<[string, readonly RetentionRule[], readonly string[]]>([
    ['none keep all', [], []],
    ['one without a reason keeps all', [{}], []],
    ['the newest', [{ newest: 2 }], ['v1', 'v2', 'main']],
    ['the young', [{ days: 2 }], ['v1', 'v2', 'main']],
    ['by name', [{ tags: ['v*', 'main'] }], ['pr-1', 'pr-2']],
    ['each reason is enough', [{ newest: 1, tags: ['v1'] }], ['v2', 'main', 'pr-1']],
    ['each rule is enough', [{ newest: 1 }, { tags: ['v2'] }], ['v1', 'main', 'pr-1']],
    ['nothing', [{ newest: 0 }], ['v1', 'v2', 'main', 'pr-1', 'pr-2']],
    ['a star stands for characters, other signs for themselves', [{ tags: ['v.', 'pr-*'] }], ['v1', 'v2', 'main']],
  ])('%s: %j', (_, rules, doomed) => {
    expect(
      doomedTags(tags, rules.map(compileRule))
        .map(({ tag }) => tag)
        .sort(),
    ).toEqual([...doomed].sort())
  })

  it('keep a tag whose age is not known', () => {
    const old = { tag: 'old', descriptor: { mediaType: 'a/b', digest: digestOf('old'), size: 1 } }
    expect(doomedTags([old], [compileRule({ newest: 0 })])).toEqual([])
  })

  it('are for the repositories that they name', () => {
    const rules = [{ repositories: ['team/*'], newest: 1 }, { repositories: ['other'] }, { days: 1 }].map(compileRule)
    expect(rulesFor('team/app', rules)).toEqual([rules[0], rules[2]])
    expect(rulesFor('others', rules)).toEqual([rules[2]])
  })
})

describe('a collection with rules', () => {
  it('removes tags and what only they led to, where a rule is for the repository', async () => {
    await using registry = await registryOnLoopback({ store: new MemoryStore() })
    const images: Buffer[] = []
    for (const tag of ['v1', 'v2', 'v3']) {
      images.push(await pushImage(registry, 'team/app', tag))
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    const [first = Buffer.of()] = images
    const signature = await pushArtifact(registry, 'team/app', { subject: digestOf(first), artifactType: 'a/signature' })
    await pushImage(registry, 'other/app', 'v1')
    const options = { graceMs: 0, retention: [{ repositories: ['team/*'], newest: 1, tags: ['v2'] }] }

    const planned = await registry.registry.collect({ ...options, isDryRun: true })
    expect(planned).toEqual({ tags: ['team/app:v1'], manifests: 2, links: 1, removed: [], freedBytes: 0, damaged: [] })
    expect((await registry.call('HEAD', '/v2/team/app/manifests/v1')).status).toBe(200)

    const collected = await registry.registry.collect(options)
    expect(collected).toMatchObject({ tags: ['team/app:v1'], manifests: 2, links: 1 })
    expect(new Set(collected.removed)).toEqual(new Set([digestOf(first), signature.digest, digestOf('layer of team/app:v1')]))
    expect(await (await registry.call('GET', '/v2/team/app/tags/list')).json()).toMatchObject({ tags: ['v2', 'v3'] })
    expect((await registry.call('HEAD', '/v2/other/app/manifests/v1')).status).toBe(200)
  })

  it('keeps an untagged manifest that came within the grace: its index may follow', async () => {
    await using registry = await registryOnLoopback()
    const image = await pushImage(registry, 'team/app', 'v1')
    await registry.call('DELETE', '/v2/team/app/manifests/v1')
    expect(await registry.registry.collect({ removesUntagged: true })).toMatchObject({ manifests: 0, links: 0 })
    expect((await registry.call('HEAD', `/v2/team/app/manifests/${digestOf(image)}`)).status).toBe(200)
  })
})
