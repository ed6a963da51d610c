import { execFileSync } from 'node:child_process'
import * as zlib from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { compress } from '../../src/compression/compress.ts'
import { decompress } from '../../src/compression/decompress.ts'
import { chunked, collect } from '../tar/archive.ts'

const MIB = 1024 * 1024
const text = Buffer.from('layers upon layers '.repeat(20_000))

describe('compress', () => {
  it.each(['gzip', 'none'] as const)('gives %s that decompresses to the same, equal each time', async (compression) => {
    const [once, again] = [
      await collect(compress(chunked(text, 1000), compression)),
      await collect(compress(chunked(text, 7777), compression)),
    ]
    expect(once.equals(again)).toBe(true)
    expect((await collect(decompress(chunked(once)))).equals(text)).toBe(true)
  })

  it('obeys the level', async () => {
    const [fast, best] = [
      await collect(compress(chunked(text), 'gzip', { level: 1 })),
      await collect(compress(chunked(text), 'gzip', { level: 9 })),
    ]
    expect(best.length).toBeLessThan(fast.length)
  })

  it('makes zstd where Node can, and says so where it cannot', async () => {
    const made = collect(compress(chunked(text), 'zstd'))
    if ('createZstdCompress' in zlib) expect((await collect(decompress(chunked(await made)))).equals(text)).toBe(true)
    else await expect(made).rejects.toMatchObject({ code: 'LAYERFS_COMPRESSION_UNSUPPORTED', kind: 'unsupported' })
  })

  it.each([0, 1, MIB - 1, MIB, MIB + 1, 2 * MIB, 3 * MIB + 5])('makes of %d bytes one gzip member that others read', async (sizeBytes) => {
    const content = Buffer.alloc(sizeBytes, text)
    const made = await collect(compress(chunked(content, 100_003), 'gzip', { level: 1 }))
    expect(zlib.gunzipSync(made).equals(content)).toBe(true)
    expect(execFileSync('gunzip', ['-c'], { input: made, maxBuffer: 8 * MIB }).equals(content)).toBe(true)
    expect(execFileSync('gzip', ['-lv'], { input: made }).toString()).toMatch(new RegExp(`\\s${sizeBytes}\\s`))
  })

  it('loses next to nothing by working on blocks, which refer to the ones before', async () => {
    const content = Buffer.alloc(4 * MIB)
    for (let at = 0, state = 1; at < content.length; at++) {
      state = (state * 48_271) % 2_147_483_647
      content[at] = state % 7
    }
    const made = await collect(compress(chunked(content), 'gzip'))
    expect(made.length).toBeLessThan(zlib.gzipSync(content, { level: 6 }).length * 1.002)
  })

  it('passes on the error of the body, and releases a body when left early', async () => {
    let released = false
    async function* body(): AsyncGenerator<Uint8Array, void> {
      try {
        for (let i = 0; i < 20; i++) yield Buffer.alloc(MIB)
        throw new Error('connection reset')
      } finally {
        released = true
      }
    }
    for await (const chunk of compress(body(), 'gzip', { level: 1 })) if (chunk.length > 100) break
    await expect.poll(() => released).toBe(true)
    await expect(collect(compress(body(), 'gzip', { level: 1 }))).rejects.toThrow('connection reset')
  })

  it('has no name, time or system in gzip', async () => {
    expect((await collect(compress(chunked(text), 'gzip'))).subarray(0, 10).toString('hex')).toBe('1f8b08000000000000ff')
  })
})
