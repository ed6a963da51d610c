import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ContentStore, copy, digestOf, MemoryStore } from '../src/index.ts'
import { body, bytesOf, pushTestImage, testBlob, testImage } from '../src/testing/index.ts'
import { temporaryDirectory } from './temporary.ts'

const ref = 'registry.test/app:1'

describe('a push that is made again', () => {
  const large = testBlob(Buffer.alloc(3 * 1024 * 1024, 'x'))
  const { descriptor, bytes } = large
  const partial = (directory: string) => readdirSync(join(directory, 'blobs/sha256')).filter((name) => name.startsWith('.part-'))

  async function* broken(): AsyncGenerator<Uint8Array> {
    yield bytes.subarray(0, 2_000_000)
    throw new Error('the line broke')
  }

  async function half(directory: string) {
    const store = await ContentStore.open(directory)
    const reopen = () => broken()
    await expect(store.push(descriptor, broken(), { reopen })).rejects.toThrow('the line broke')
    expect(await store.has(descriptor)).toBe(false)
    expect(partial(directory)).toHaveLength(1)
    return store
  }

  it.each([
    ['by the same process', false],
    ['by the next one', true],
  ])('goes on where it broke, %s', async (_, isNext) => {
    await using directory = await temporaryDirectory()
    const store = await half(directory.path)
    const opened = isNext ? await ContentStore.open(directory.path) : store
    const offsets: number[] = []
    const reopen = (offset: number) => {
      offsets.push(offset)
      return body(bytes.subarray(offset))
    }
    await opened.push(descriptor, body(bytes), { reopen })
    expect(offsets).toEqual([2_000_000])
    expect(digestOf(await bytesOf(opened.fetch(descriptor)))).toBe(descriptor.digest)
    expect(partial(directory.path)).toEqual([])
  })

  it('starts over when what was left is none of the blob', async () => {
    await using directory = await temporaryDirectory()
    const store = await half(directory.path)
    writeFileSync(join(directory.path, 'blobs/sha256', partial(directory.path)[0] ?? ''), 'something else')
    await store.push(descriptor, body(bytes), { reopen: (offset) => body(bytes.subarray(offset)) })
    expect(await store.has(descriptor)).toBe(true)
    expect(partial(directory.path)).toEqual([])
  })

  it('is what a copy does', async () => {
    const source = new MemoryStore()
    const big = testImage([Buffer.alloc(2 * 1024 * 1024, 'y')])
    await pushTestImage(source, big, ref)
    await using directory = await temporaryDirectory()
    const store = await ContentStore.open(directory.path)
    const failing = {
      resolve: (name: string) => source.resolve(name),
      async *fetch(...args: Parameters<MemoryStore['fetch']>) {
        if (args[0].size < 1_000_000) return yield* source.fetch(...args)
        yield Buffer.alloc(1_500_000, 'y')
        throw new Error('the line broke')
      },
    }
    await expect(copy(failing, store, ref)).rejects.toThrow('the line broke')
    const transferred: number[] = []
    await copy(source, store, ref, {
      onProgress: ({ descriptor: { size }, state, transferredBytes }) =>
        void (size > 1_000_000 && state === 'transferring' && transferred.push(transferredBytes)),
    })
    expect(transferred).toEqual([2 * 1024 * 1024])
    expect((await store.collect()).removed).toEqual([])
  })
})
