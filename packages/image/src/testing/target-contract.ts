import { describe, expect, it } from 'vitest'
import { copy } from '../copy.ts'
import { digestOf } from '../digest.ts'
import { MemoryStore } from '../memory-store.ts'
import type { Target } from '../target.ts'
import { body, bytesOf, pushTestImage, testBlob, testImage, testIndex } from './fixtures.ts'

/** A target to test, and what makes it go away. */
export interface TargetUnderTest extends AsyncDisposable {
  readonly target: Target
  /** Two different references that the target accepts. */
  readonly refs: readonly [string, string]
}

/** What every target does, run for an empty one each time. */
export function targetContract(name: string, makeTarget: () => Promise<TargetUnderTest>): void {
  describe(`${name} as a target`, () => {
    it('gives back what was pushed, whole and from the middle', async () => {
      await using made = await makeTarget()
      const { descriptor, bytes } = testBlob('some bytes of a layer')
      expect(await made.target.has(descriptor)).toBe(false)
      await made.target.push(descriptor, body(bytes, 4))
      expect(await made.target.has(descriptor)).toBe(true)
      expect(await bytesOf(made.target.fetch(descriptor))).toEqual(bytes)
      expect(`${await bytesOf(made.target.fetch(descriptor, { offset: 5 }))}`).toBe('bytes of a layer')
    })

    it.each([10_000, 100_000])(
      'gives transient chunks that are right while they last, and takes such of %s bytes where it says so',
      async (size) => {
        await using made = await makeTarget()
        const { descriptor, bytes } = testBlob(
          Buffer.from(Uint32Array.from({ length: 700_000 }, (_, i) => Math.imul(i, 2_654_435_761)).buffer),
        )
        await made.target.push(descriptor, made.target.takesTransient === true ? overwritten(bytes, size) : body(bytes, size))
        const seen: Uint8Array[] = []
        for await (const chunk of made.target.fetch(descriptor, { verify: false, transient: true })) seen.push(Buffer.from(chunk))
        expect(digestOf(Buffer.concat(seen))).toBe(descriptor.digest)
        expect(digestOf(await bytesOf(made.target.fetch(descriptor, { transient: true })))).toBe(descriptor.digest)
      },
    )

    it('keeps an empty blob', async () => {
      await using made = await makeTarget()
      const { descriptor, bytes } = testBlob('')
      await made.target.push(descriptor, body(bytes))
      expect(await made.target.has(descriptor)).toBe(true)
      expect(await bytesOf(made.target.fetch(descriptor))).toEqual(bytes)
    })

    it.each([
      ['other bytes', 'other bytes of layer!'],
      ['too few', 'some bytes'],
      ['too many', 'some bytes of a layer, and more'],
      ['nothing', ''],
    ])('refuses a blob when %s come', async (_, sent) => {
      await using made = await makeTarget()
      const { descriptor } = testBlob('some bytes of a layer')
      await expect(made.target.push(descriptor, body(Buffer.from(sent)))).rejects.toThrow()
      expect(await made.target.has(descriptor)).toBe(false)
    })

    it('lets one blob be pushed twice, also at once', async () => {
      await using made = await makeTarget()
      const { descriptor, bytes } = testBlob('x'.repeat(100_000))
      await Promise.all([1, 2, 3].map((n) => made.target.push(descriptor, body(bytes, n * 1000))))
      await made.target.push(descriptor, body(bytes))
      expect(digestOf(await bytesOf(made.target.fetch(descriptor)))).toBe(descriptor.digest)
    })

    it('does not keep a blob whose body fails', async () => {
      await using made = await makeTarget()
      const { descriptor, bytes } = testBlob('some bytes of a layer')
      const failing = (async function* () {
        yield bytes.subarray(0, 4)
        throw new Error('the body broke')
      })()
      await expect(made.target.push(descriptor, failing)).rejects.toThrow('the body broke')
      expect(await made.target.has(descriptor)).toBe(false)
    })

    it('says which blobs and references it does not have', async () => {
      await using made = await makeTarget()
      const { descriptor } = testBlob('absent')
      expect(await made.target.has(descriptor)).toBe(false)
      await expect(bytesOf(made.target.fetch(descriptor))).rejects.toMatchObject({ kind: 'not-found' })
      await expect(made.target.resolve(made.refs[0])).rejects.toMatchObject({ kind: 'not-found' })
    })

    it('resolves references, replaces them, and resolves digests', async () => {
      await using made = await makeTarget()
      const [one, two] = [testImage(['one']), testImage(['two'])]
      await pushTestImage(made.target, one, made.refs[0])
      await pushTestImage(made.target, two, made.refs[1])
      expect(await made.target.resolve(made.refs[0])).toMatchObject(one.root)
      expect(await made.target.resolve(made.refs[1])).toMatchObject(two.root)
      await made.target.tag(two.root, made.refs[0])
      expect(await made.target.resolve(made.refs[0])).toMatchObject(two.root)
      expect(await made.target.resolve(one.root.digest)).toMatchObject(one.root)
    })

    it('does not start what is aborted already', async () => {
      await using made = await makeTarget()
      const { descriptor, bytes } = testBlob('x')
      const signal = AbortSignal.abort(new Error('enough'))
      await expect(made.target.push(descriptor, body(bytes), { signal })).rejects.toThrow('enough')
      expect(await made.target.has(descriptor)).toBe(false)
      await made.target.push(descriptor, body(bytes))
      await expect(bytesOf(made.target.fetch(descriptor, { signal }))).rejects.toThrow('enough')
    })

    it('takes and gives a whole index by copy', async () => {
      await using made = await makeTarget()
      const amd64 = { os: 'linux', architecture: 'amd64' }
      const arm64 = { os: 'linux', architecture: 'arm64' }
      const index = testIndex([
        { image: testImage(['a', 'shared'], amd64), platform: amd64 },
        { image: testImage(['b', 'shared'], arm64), platform: arm64 },
      ])
      const [from, back] = [new MemoryStore(), new MemoryStore()]
      await pushTestImage(from, index, 'example.org/app:1')
      await copy(from, made.target, 'example.org/app:1', { as: made.refs[0], platform: 'all' })
      await copy(made.target, back, made.refs[0], { as: 'example.org/app:2', platform: 'all' })
      expect(await back.resolve('example.org/app:2')).toMatchObject(index.root)
      for (const { descriptor, bytes } of index.blobs) expect(await bytesOf(back.fetch(descriptor))).toEqual(bytes)
      const chosen = await copy(made.target, new MemoryStore(), made.refs[0], { as: 'example.org/app:3', platform: arm64 })
      expect(chosen.platform).toEqual(arm64)
    })
  })
}

/** Bytes in one buffer that is spoiled when the next chunk is asked for. */
async function* overwritten(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  const buffer = Buffer.alloc(chunkBytes)
  for (let at = 0; at < bytes.byteLength; at += chunkBytes) {
    const part = bytes.subarray(at, at + chunkBytes)
    buffer.set(part)
    yield buffer.subarray(0, part.byteLength)
    buffer.fill(0)
  }
}
