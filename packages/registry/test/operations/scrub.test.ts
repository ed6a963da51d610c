import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ContentStore, digestOf } from '@ct/image'
import { expect, it } from 'vitest'
import { scrub } from '../../src/operations/scrub.ts'
import { pushImage, registryOnLoopback } from '../registry-on-loopback.ts'

it('scrub names each damaged and missing blob, and who needs it', async () => {
  const root = await mkdtemp(join(tmpdir(), 'ct-scrub-'))
  try {
    const store = await ContentStore.open(root)
    await using registry = await registryOnLoopback({ store })
    const manifest = digestOf(await pushImage(registry, 'team/app', 'v1'))
    expect(await scrub(store)).toEqual([])
    const layer = digestOf('layer of team/app:v1')
    await writeFile(store.path(layer), 'something else here')
    await store.remove(manifest)
    const damage = await scrub(store)
    expect(damage).toContainEqual({ digest: layer, problem: 'damaged', references: [`localhost/team/app@${layer}`] })
    expect(damage).toContainEqual({
      digest: manifest,
      problem: 'missing',
      references: ['localhost/team/app:v1', `localhost/team/app@${manifest}`],
    })
    expect(damage).toHaveLength(2)
  } finally {
    await rm(root, { recursive: true })
  }
})
