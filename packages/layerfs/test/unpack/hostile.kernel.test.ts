import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { isCtError } from '@ct/errors'
import { digestOf, type ImageLayer, MEDIA_TYPES, MemoryStore } from '@ct/image'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyLayer } from '../../src/apply/apply-layer.ts'
import { decompress } from '../../src/compression/decompress.ts'
import { OverlaySnapshotter } from '../../src/snapshots/overlay-snapshotter.ts'
import { unpack } from '../../src/unpack/unpack.ts'
import { hostileLayers, sound } from '../fixtures/hostile/layers.ts'
import { scratch } from '../scratch.ts'
import { chunked, collect } from '../tar/archive.ts'

const { root, sub } = scratch()

/** Unpacks a blob as the only layer of an image whose config was made to fit it. */
async function unpackBlob(bytes: Buffer, state: string): Promise<void> {
  const store = new MemoryStore()
  const descriptor = { mediaType: MEDIA_TYPES.ociLayerGzip, digest: digestOf(bytes), size: bytes.length }
  await store.push(descriptor, chunked(bytes))
  const archive = await collect(decompress(chunked(bytes))).catch(() => bytes)
  const layers: ImageLayer[] = [{ descriptor, diffId: digestOf(archive) }]
  await unpack(store, { layers }, await OverlaySnapshotter.open({ root: state }))
}

const codeOf = (error: unknown): string => (isCtError(error) ? error.code : `not ours: ${error}`)
const failure = (promise: Promise<unknown>): Promise<string | undefined> => promise.then(() => undefined, codeOf)

describe('hostile layers', () => {
  it.each(hostileLayers)('$name', async ({ bytes, code }) => {
    const state = join(root, 'below/below', String(Math.random()))
    mkdirSync(state, { recursive: true })
    const outside = (): string[] =>
      [...readdirSync(root), ...readdirSync(join(root, 'below')), ...readdirSync('/')].filter((name) => name === 'pwned')
    expect(await failure(unpackBlob(bytes, state))).toBe(code)
    expect(outside()).toEqual([])
    if (code !== undefined) expect(readdirSync(join(state, 'snapshots'))).toEqual(['l'])
  })

  it('is refused, or ends between two entries, wherever it is truncated', async () => {
    for (let size = 512; size < sound.length; size += 512) {
      const code = await failure(applyLayer(chunked(sound.subarray(0, size)), { path: sub() }))
      expect([undefined, 'TAR_TRUNCATED'], `${size}`).toContain(code)
    }
    const blob = gzipSync(sound, { level: 0 })
    for (let size = 512; size < blob.length; size += 512) {
      expect(await failure(collect(decompress(chunked(blob.subarray(0, size))))), `${size}`).toBe('LAYERFS_COMPRESSION_CORRUPT')
    }
  })

  it('is refused whatever bytes are changed, or does no harm', async () => {
    const change = fc.record({ at: fc.nat(sound.length - 1), byte: fc.nat(255) })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const bytes = Buffer.from(sound)
        for (const { at, byte } of changes) bytes[at] = byte
        expect((await failure(applyLayer(chunked(bytes, 700), { path: sub() }))) ?? 'LAYERFS_').toMatch(/^(TAR|LAYERFS|NATIVE)_/)
      }),
      { numRuns: 200, interruptAfterTimeLimit: 4000 },
    )
  })
})
