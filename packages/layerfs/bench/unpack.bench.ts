import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ContentStore, type Descriptor, type Digest, digestOf, MEDIA_TYPES } from '@ct/image'
import { OverlaySnapshotter, unpack } from '@ct/layerfs'
import { afterAll, beforeAll, expect, it } from 'vitest'

const LAYERS = 5
const DIRECTORIES = 60
const FILES = 100
const FILE_BYTES = 18_000
const ROUNDS = 3

let root: string
let store: ContentStore
const diffIds: Digest[] = []
const blobs = { gz: [] as Descriptor[], zst: [] as Descriptor[] }

/** 30,000 files of 540 MB in five layers: two thirds text, one third noise; gzip makes 200 MB of them, as of a distribution. */
beforeAll(async () => {
  // In memory where there is some: a disk has its own moods, ext4 above all about inodes that were just deleted.
  root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'layerfs-bench-'))
  store = await ContentStore.open(join(root, 'store'))
  const text = Buffer.from(Array.from({ length: 60_000 }, (_, i) => `${(i * 2654435761) % 9973} `).join(''))
  for (let layer = 0; layer < LAYERS; layer++) {
    const tree = join(root, 'tree')
    for (let d = 0; d < DIRECTORIES; d++) {
      mkdirSync(join(tree, `layer${layer}/d${d}`), { recursive: true })
      for (let f = 0; f < FILES; f++) {
        const textAt = (layer * 7919 + d * 104_729 + f * 1299) % 200_000
        const parts = [text.subarray(textAt, textAt + (FILE_BYTES * 2) / 3), randomBytes(FILE_BYTES / 3)]
        writeFileSync(join(tree, `layer${layer}/d${d}/f${f}`), Buffer.concat(parts))
      }
    }
    const tar = join(root, `${layer}.tar`)
    execFileSync('tar', ['-cf', tar, '-C', tree, '.'])
    execFileSync('sh', ['-ec', `gzip -nk '${tar}'; zstd -qk '${tar}'`])
    diffIds.push(digestOf(readFileSync(tar)))
    for (const [extension, list] of Object.entries(blobs)) list.push(await addBlob(`${tar}.${extension}`))
    rmSync(tree, { recursive: true })
    rmSync(tar)
  }
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

async function addBlob(path: string): Promise<Descriptor> {
  const bytes = readFileSync(path)
  const descriptor: Descriptor = { mediaType: MEDIA_TYPES.ociLayerGzip, digest: digestOf(bytes), size: bytes.length }
  await store.push(descriptor, createReadStream(path))
  return descriptor
}

async function ours(extension: 'gz' | 'zst'): Promise<void> {
  const layers = blobs[extension].flatMap((descriptor, index) => {
    const diffId = diffIds[index]
    return diffId === undefined ? [] : [{ descriptor, diffId }]
  })
  await unpack(store, { layers }, await OverlaySnapshotter.open({ root: join(root, 'out') }))
}

async function tars(): Promise<void> {
  const script = "seq 0 4 | xargs -P2 -I{} sh -ec 'mkdir -p out/{}; gunzip -c {}.tar.gz | tar -x -C out/{}'"
  execFileSync('sh', ['-ec', script], { cwd: root })
}

/** The median of some rounds, which take turns, so that a busy machine is busy for all. */
async function compare(runs: Readonly<Record<string, () => Promise<void>>>): Promise<Record<string, number>> {
  const times = new Map<string, number[]>()
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries(runs)) {
      const started = performance.now()
      await run()
      times.set(name, [...(times.get(name) ?? []), performance.now() - started])
      rmSync(join(root, 'out'), { recursive: true, force: true })
    }
  }
  return Object.fromEntries([...times].map(([name, list]) => [name, list.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0]))
}

it('unpacks five layers beside gunzip and tar, two at a time', async () => {
  const { gzip = 0, zstd = 0, tar = 1 } = await compare({ gzip: () => ours('gz'), zstd: () => ours('zst'), tar: tars })
  const line = (name: string, ms: number): string => `${name} ${(ms / 1000).toFixed(2)} s, ${(ms / tar).toFixed(2)} × gunzip | tar`
  console.log([line('gzip', gzip), line('zstd', zstd), `peak ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`].join('\n'))
  expect(gzip / tar).toBeLessThan(2)
})

it('prepares a container on 50 layers', async () => {
  const snapshotter = await OverlaySnapshotter.open({ root: join(root, 'fifty') })
  let parent: string | undefined
  for (let i = 0; i < 50; i++) {
    await snapshotter.prepare('active', parent)
    parent = `layer-${i}`
    await snapshotter.commit(parent, 'active')
  }
  const times: number[] = []
  for (let i = 0; i < 50; i++) {
    const started = performance.now()
    await snapshotter.prepare(`container-${i}`, parent)
    times.push(performance.now() - started)
  }
  console.log(`prepare and mounts on 50 layers: median ${times.sort((a, b) => a - b)[25]?.toFixed(2)} ms`)
})
