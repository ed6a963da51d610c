import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ContentStore, digestOf, MEDIA_TYPES } from '@ct/image'
import { expect, it } from 'vitest'
import { pushBlob, putManifest, registryOnLoopback, type TestRegistry } from '../registry-on-loopback.ts'

const STRESS_MS = 3000
const REPOSITORY = 'team/app'
const shared = Array.from({ length: 5 }, (_, index) => Buffer.alloc(20_000, `shared ${index}`))

/** What was accepted and not deleted again: manifests by their tags. */
type Accepted = Map<string, Buffer>

/** Pushes an image, as often as a collection takes a blob away before the manifest that needs it came. */
async function pushUntilAccepted(registry: TestRegistry, tag: string): Promise<Buffer> {
  const layers = [shared[randomInt(shared.length)], shared[randomInt(shared.length)], Buffer.from(`layer of ${tag}`)]
  for (;;) {
    const pushed = []
    for (const layer of layers) pushed.push(await pushBlob(registry, REPOSITORY, layer ?? Buffer.of()))
    const config = { ...(await pushBlob(registry, REPOSITORY, Buffer.from('{}'))), mediaType: MEDIA_TYPES.ociConfig }
    const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPES.ociManifest, config, layers: pushed }))
    const answer = await putManifest(registry, `${REPOSITORY}/manifests/${tag}`, manifest)
    if (answer.status === 201) return manifest
    expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('MANIFEST_BLOB_UNKNOWN')])
  }
}

async function work(registry: TestRegistry, { name, untilMs, accepted }: { name: string; untilMs: number; accepted: Accepted }) {
  const own: string[] = []
  for (let round = 0; performance.now() < untilMs; round++) {
    const tag = `${name}-${round}`
    accepted.set(tag, await pushUntilAccepted(registry, tag))
    own.push(tag)
    if (round % 3 === 0) continue
    const [gone = tag] = own.splice(randomInt(own.length), 1)
    const manifest = accepted.get(gone) ?? Buffer.of()
    accepted.delete(gone)
    const answer = await registry.call('DELETE', `/v2/${REPOSITORY}/manifests/${round % 2 === 0 ? gone : digestOf(manifest)}`)
    expect(answer.status).toBe(202)
  }
}

it('a registry on disk loses nothing that it accepted while others push, delete and collect at once', async () => {
  const root = await mkdtemp(join(tmpdir(), 'ct-stress-'))
  try {
    const store = await ContentStore.open(root)
    await using registry = await registryOnLoopback({ store })
    const accepted: Accepted = new Map()
    const untilMs = performance.now() + STRESS_MS
    let removed = 0
    const collect = async () => {
      while (performance.now() < untilMs) removed += (await registry.registry.collect({ graceMs: 0, removesUntagged: true })).removed.length
    }
    const workers = ['a', 'b', 'c', 'd'].map((name) => work(registry, { name, untilMs, accepted }))
    await Promise.all([...workers, collect(), collect()])
    expect(removed).toBeGreaterThan(0)

    await registry.registry.collect({ graceMs: 0, removesUntagged: true })
    const needed = new Set<string>()
    for (const [tag, manifest] of accepted) {
      const answer = await registry.call('GET', `/v2/${REPOSITORY}/manifests/${tag}`)
      expect([tag, digestOf(await bytes(answer))]).toEqual([tag, digestOf(manifest)])
      const { config, layers } = JSON.parse(manifest.toString()) as { config: { digest: string }; layers: { digest: string }[] }
      needed.add(digestOf(manifest))
      for (const { digest } of [config, ...layers]) needed.add(digest)
    }
    for (const digest of needed) {
      const answer = await registry.call('GET', `/v2/${REPOSITORY}/blobs/${digest}`)
      expect([answer.status, digestOf(await bytes(answer))]).toEqual([200, digest])
    }
    const kept: string[] = []
    for await (const { digest } of store.list()) kept.push(digest)
    expect(new Set(kept)).toEqual(needed)
  } finally {
    await rm(root, { recursive: true })
  }
}, 60_000)

async function bytes(answer: Response): Promise<Buffer> {
  return Buffer.from(await answer.arrayBuffer())
}
