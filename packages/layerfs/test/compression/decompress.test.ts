import { randomBytes } from 'node:crypto'
import * as zlib from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { decompress } from '../../src/compression/decompress.ts'
import { unzstdInThread } from '../../src/compression/unzstd.ts'
import { chunked, collect } from '../tar/archive.ts'

const text = Buffer.from('layers upon layers '.repeat(20_000))
const noise = randomBytes(300_000)
/** `printf hello | zstd --no-check`, `printf ' world' | zstd` (with a checksum), and `printf '' | zstd`. */
const HELLO = Buffer.from('28b52ffd0058290000' + '68656c6c6f', 'hex')
const EMPTY = Buffer.from('28b52ffd2400010000' + '99e9d851', 'hex')
const skippable = (content: string): Buffer => {
  const head = Buffer.from('532a4d1800000000', 'hex')
  head.writeUInt32LE(content.length, 4)
  return Buffer.concat([head, Buffer.from(content)])
}
/** A frame of raw blocks, as an encoder may write one. */
const rawFrame = (content: Buffer): Buffer => {
  const blocks: Buffer[] = []
  for (let at = 0; at < content.length; at += 100_000) {
    const block = content.subarray(at, at + 100_000)
    const head = Buffer.alloc(3)
    head.writeUIntLE((block.length << 3) | (at + 100_000 >= content.length ? 1 : 0), 0, 3)
    blocks.push(head, block)
  }
  return Buffer.concat([Buffer.from('28b52ffd0058', 'hex'), ...blocks])
}

describe('decompress', () => {
  it.each<[string, Buffer, Buffer]>([
    ['gzip', zlib.gzipSync(text), text],
    ['gzip of noise', zlib.gzipSync(noise), noise],
    ['zstd', HELLO, Buffer.from('hello')],
    ['zstd of raw blocks', rawFrame(noise), noise],
    ['zstd that begins with a skippable frame', Buffer.concat([skippable('x'.repeat(999)), HELLO]), Buffer.from('hello')],
    ['what is not compressed', text, text],
    ['what is too short to be compressed', Buffer.from('ab'), Buffer.from('ab')],
    ['nothing', Buffer.alloc(0), Buffer.alloc(0)],
  ])('knows %s by its first bytes', async (_what, bytes, expected) => {
    for (const size of [bytes.length + 1, 1000]) expect((await collect(decompress(chunked(bytes, size)))).equals(expected)).toBe(true)
    if (bytes.length < 2000) expect((await collect(decompress(chunked(bytes, 1)))).equals(expected)).toBe(true)
  })

  it('joins gzip members, wherever chunks are cut, and ignores zeros after them', async () => {
    const bytes = Buffer.concat([zlib.gzipSync('one '), zlib.gzipSync('two '), zlib.gzipSync('three'), Buffer.alloc(512)])
    for (let size = 1; size < bytes.length; size++)
      expect((await collect(decompress(chunked(bytes, size), 'gzip'))).toString()).toBe('one two three')
  })

  it('joins zstd frames, wherever chunks are cut', async () => {
    const bytes = Buffer.concat([HELLO, skippable('abc'), EMPTY, HELLO, skippable('')])
    for (let size = 1; size < bytes.length; size++) expect((await collect(decompress(chunked(bytes, size)))).toString()).toBe('hellohello')
  })

  it('stops a body that becomes too many times larger', async () => {
    const zeros = zlib.gzipSync(Buffer.alloc(16 * 1024 * 1024))
    const bomb = Buffer.concat(Array.from({ length: 20 }, () => zeros))
    const made = async (maxRatio?: number): Promise<number> => {
      let size = 0
      for await (const chunk of decompress(chunked(bomb, 10_000), 'auto', { maxRatio })) size += chunk.length
      return size
    }
    await expect(made(500)).rejects.toMatchObject({
      code: 'LAYERFS_RATIO_TOO_HIGH',
      kind: 'exhausted',
      hint: expect.stringContaining('maxRatio'),
    })
    expect(await made()).toBe(20 * 16 * 1024 * 1024)
  })

  it.each<[string, Buffer, 'gzip' | 'zstd']>([
    ['a truncated gzip body', zlib.gzipSync(noise).subarray(0, 1000), 'gzip'],
    ['a gzip body with a flipped bit', flipped(zlib.gzipSync(text), 200), 'gzip'],
    ['a gzip body with a wrong checksum', flipped(zlib.gzipSync(text), -6), 'gzip'],
    ['what is not gzip', text, 'gzip'],
    ['what is not zstd', text, 'zstd'],
    ['a truncated zstd header', HELLO.subarray(0, 5), 'zstd'],
    ['a truncated zstd block', HELLO.subarray(0, 11), 'zstd'],
    ['a zstd body without its checksum', EMPTY.subarray(0, -2), 'zstd'],
    ['a truncated skippable frame', skippable('abc').subarray(0, 9), 'zstd'],
    ['zstd with garbage after it', Buffer.concat([HELLO, Buffer.from('garbage')]), 'zstd'],
    ['a zstd window of terabytes', Buffer.from('28b52ffd00f8290000', 'hex'), 'zstd'],
    ['a zstd segment of gigabytes', Buffer.from('28b52ffda000000080010000', 'hex'), 'zstd'],
    ['a zstd block of a reserved type', Buffer.from('28b52ffd00580f0000', 'hex'), 'zstd'],
    ['a zstd block above 128 KiB', Buffer.from('28b52ffd0058ffff7f', 'hex'), 'zstd'],
    ['zstd that does not decode', Buffer.from('28b52ffd0058' + '2d0000' + 'ffffffffff', 'hex'), 'zstd'],
  ])('refuses %s', async (_what, bytes, compression) => {
    await expect(collect(decompress(chunked(bytes, 500), compression))).rejects.toMatchObject({ code: 'LAYERFS_COMPRESSION_CORRUPT' })
  })

  it('passes on the error of the body', async () => {
    async function* broken(): AsyncGenerator<Uint8Array, void> {
      yield zlib.gzipSync(noise).subarray(0, 1000)
      throw new Error('connection reset')
    }
    await expect(collect(decompress(broken()))).rejects.toThrow('connection reset')
  })

  it.each(['gzip', 'zstd', 'none'] as const)('releases a %s body when left early', async (compression) => {
    const bytes = { gzip: zlib.gzipSync(noise), zstd: rawFrame(noise), none: noise }[compression]
    let released = false
    async function* body(): AsyncGenerator<Uint8Array, void> {
      try {
        yield* chunked(bytes, 1000)
      } finally {
        released = true
      }
    }
    for await (const _chunk of decompress(body(), compression)) break
    await expect.poll(() => released).toBe(true)
  })

  it.each<[string, Buffer, Buffer]>([
    ['gzip', zlib.gzipSync(noise), noise],
    ['gzip members', Buffer.concat([zlib.gzipSync(text), zlib.gzipSync(noise)]), Buffer.concat([text, noise])],
    ['zstd', Buffer.concat([rawFrame(noise), skippable('x'.repeat(99)), HELLO]), Buffer.concat([noise, Buffer.from('hello')])],
    ['what is not compressed', noise, noise],
  ])('takes and gives transient chunks of %s', async (_what, bytes, expected) => {
    for (const size of [900, 5000, 40_000]) {
      const seen: Buffer[] = []
      for await (const chunk of decompress(overwritten(bytes, size), 'auto', { transient: true })) seen.push(Buffer.from(chunk))
      expect(Buffer.concat(seen).equals(expected)).toBe(true)
    }
  })

  it('gives the memory of transient chunks back once they are used', async () => {
    const seen: Uint8Array[] = []
    for await (const chunk of decompress(chunked(zlib.gzipSync(Buffer.alloc(2_000_000)), 500), 'gzip', { transient: true }))
      seen.push(chunk)
    expect(seen.slice(0, -1).map(({ buffer }) => buffer.byteLength)).toEqual(seen.slice(0, -1).map(() => 0))
    expect(seen.length).toBeGreaterThan(2)
  })

  it('leaves chunks to the receiver when it asks for no transient ones', async () => {
    const seen: Uint8Array[] = []
    for await (const chunk of decompress(chunked(zlib.gzipSync(Buffer.alloc(2_000_000)), 500), 'gzip')) seen.push(chunk)
    expect(seen.reduce((sum, { length }) => sum + length, 0)).toBe(2_000_000)
  })

  it('decodes zstd in a thread where Node cannot', async () => {
    expect((await collect(unzstdInThread(chunked(Buffer.concat([HELLO, rawFrame(text)]))))).toString()).toBe(`hello${text}`)
  })

  it('decodes zstd in a thread after one that broke, and several at once', async () => {
    const broken = Buffer.concat([rawFrame(noise), flipped(EMPTY, -1), rawFrame(noise)])
    await expect(collect(unzstdInThread(chunked(broken)))).rejects.toMatchObject({ code: 'LAYERFS_COMPRESSION_CORRUPT' })
    const bodies = Array.from({ length: 6 }, () => collect(unzstdInThread(chunked(rawFrame(noise), 1000))))
    for (const content of await Promise.all(bodies)) expect(content.equals(noise)).toBe(true)
  })

  it('asks a body of zstd for no more than it is asked for itself', async () => {
    let given = 0
    async function* body(): AsyncGenerator<Uint8Array, void> {
      for (const chunk of Array.from({ length: 50 }, () => rawFrame(noise))) {
        given++
        yield chunk
      }
    }
    const content = unzstdInThread(body())
    await content.next()
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(given).toBeLessThan(10)
    await content.return()
  })
})

/** Chunks in one buffer, each overwritten when the next is asked for. */
async function* overwritten(bytes: Buffer, size: number): AsyncGenerator<Uint8Array, void> {
  const buffer = Buffer.alloc(size)
  for (let at = 0; at < bytes.length; at += size) {
    yield buffer.subarray(0, bytes.copy(buffer, 0, at, at + size))
    buffer.fill(0xff)
  }
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  const index = at < 0 ? copy.length + at : at
  copy[index] = (copy[index] ?? 0) ^ 0x10
  return copy
}
