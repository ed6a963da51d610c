import { describe, expect, it } from 'vitest'
import { digestOf } from '../digest.ts'
import type { ImageStore } from '../target.ts'
import { body, bytesOf, pushTestImage, testBlob, testImage } from './fixtures.ts'

/** A store to test, and what makes it go away. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly target: ImageStore
}

/** What every store does beyond being a target. */
export function storeContract(name: string, makeStore: () => Promise<StoreUnderTest>): void {
  describe(`${name} as a store`, () => {
    it('names references in full, finds them in any form, and removes them', async () => {
      await using made = await makeStore()
      const image = testImage(['layer'])
      await pushTestImage(made.target, image, 'debian')
      await made.target.tag(image.root, `localhost:5000/team/app:1@${image.root.digest}`)
      await made.target.tag(image.root, 'localhost:5000/team:2')
      expect((await made.target.listRefs()).map(({ reference }) => reference)).toEqual([
        'docker.io/library/debian:latest',
        `localhost:5000/team/app@${image.root.digest}`,
        'localhost:5000/team:2',
      ])
      expect((await made.target.listRefs('localhost:5000/team')).map(({ reference }) => reference)).toEqual(['localhost:5000/team:2'])
      expect(await made.target.resolve('docker.io/library/debian:latest')).toEqual(image.root)
      expect(await made.target.untag('library/debian')).toBe(true)
      expect(await made.target.untag('library/debian')).toBe(false)
      await expect(made.target.resolve('debian')).rejects.toMatchObject({ code: 'IMAGE_NO_REFERENCE' })
    })

    it.each(['../x', 'a/../../x:y', 'localhost/a:..', '/etc/passwd', 'a:../../x'])('refuses the reference %j', async (ref) => {
      await using made = await makeStore()
      const image = testImage(['layer'])
      await pushTestImage(made.target, image, 'ok')
      const refused = { code: 'IMAGE_BAD_REFERENCE' }
      await expect(made.target.tag(image.root, ref)).rejects.toMatchObject(refused)
      await expect(made.target.untag(ref)).rejects.toMatchObject(refused)
      await expect(made.target.resolve(ref)).rejects.toMatchObject(refused)
    })

    it('does not tag what it does not have', async () => {
      await using made = await makeStore()
      await expect(made.target.tag(testImage(['absent']).root, 'x')).rejects.toMatchObject({ code: 'IMAGE_NO_BLOB' })
    })

    it('takes blobs whose digest is not known before', async () => {
      await using made = await makeStore()
      await using ingest = await made.target.openIngest()
      await ingest.write(Buffer.from('some '))
      await ingest.write(Buffer.from('bytes'))
      expect(ingest.sizeBytes).toBe(10)
      expect(await ingest.commit()).toEqual({ digest: digestOf('some bytes'), size: 10 })
      expect(await made.target.info(digestOf('some bytes'))).toEqual({ size: 10 })
    })

    it('discards an ingest that is left or turns out wrong', async () => {
      await using made = await makeStore()
      const { descriptor, bytes } = testBlob('some bytes')
      {
        await using left = await made.target.openIngest()
        await left.write(bytes)
        await using wrong = await made.target.openIngest()
        await wrong.write(bytes)
        await expect(wrong.commit({ digest: digestOf('x') })).rejects.toMatchObject({ code: 'IMAGE_DIGEST_MISMATCH' })
      }
      expect(await made.target.has(descriptor)).toBe(false)
      expect(await listed(made.target)).toEqual([])
    })

    it('stores blobs under sha512, too', async () => {
      await using made = await makeStore()
      const descriptor = { mediaType: 'text/plain', digest: digestOf('abc', 'sha512'), size: 3 }
      await made.target.push(descriptor, body(Buffer.from('abc')))
      expect(`${await bytesOf(made.target.fetch(descriptor))}`).toBe('abc')
      expect(await listed(made.target)).toEqual([descriptor.digest])
    })

    it('publishes an ingest under the algorithm that its end asks for', async () => {
      await using made = await makeStore()
      const descriptor = { mediaType: 'text/plain', digest: digestOf('abc', 'sha512'), size: 3 }
      await using ingest = await made.target.openIngest()
      await ingest.write(Buffer.from('abc'))
      await ingest.commit(descriptor)
      expect(`${await bytesOf(made.target.fetch(descriptor))}`).toBe('abc')
      await using wrong = await made.target.openIngest()
      await wrong.write(Buffer.from('abd'))
      await expect(wrong.commit(descriptor)).rejects.toMatchObject({ code: 'IMAGE_DIGEST_MISMATCH' })
    })

    it('lists the repositories of a registry', async () => {
      await using made = await makeStore()
      const image = testImage(['listed'])
      await pushTestImage(made.target, image, 'one.test/b/app:1')
      for (const ref of ['one.test/b/app:2', 'one.test/b:1', `one.test/a@${image.root.digest}`, 'other.test/c:1'])
        await made.target.tag(image.root, ref)
      expect(await made.target.listRepositories('one.test')).toEqual(['a', 'b', 'b/app'])
      expect(await made.target.listRepositories('none.test')).toEqual([])
    })

    it('lists internal references only to those who ask, and none of them among images', async () => {
      await using made = await makeStore()
      const image = testImage(['layer'])
      await pushTestImage(made.target, image, 'one.test/app:1')
      const internal = ['index.ct.invalid/app:mark', `index.ct.invalid/app@${image.root.digest}`]
      for (const ref of internal) await made.target.tag(image.root, ref)
      const names = async (...args: Parameters<ImageStore['listRefs']>) =>
        (await made.target.listRefs(...args)).map(({ reference }) => reference)
      expect(await names()).toEqual(['one.test/app:1'])
      expect(await names(undefined, { hasInternal: true })).toEqual([...internal, 'one.test/app:1'])
      expect(await names('index.ct.invalid/app')).toEqual(internal)
      expect(await made.target.listRepositories('index.ct.invalid')).toEqual(['app'])
    })

    it('keeps what an internal tag stands for, and drops notes with what they are about', async () => {
      await using made = await makeStore()
      const [marked, noted] = [testImage(['marked']), testImage(['noted'])]
      await pushTestImage(made.target, marked, 'index.ct.invalid/app:mark')
      await pushTestImage(made.target, noted, 'one.test/app:1')
      const note = `index.ct.invalid/app@${noted.root.digest}`
      await made.target.tag(noted.root, note)
      const names = async () => (await made.target.listRefs(undefined, { hasInternal: true })).map(({ reference }) => reference)
      expect((await made.target.collect()).removed).toEqual([])
      expect(await names()).toEqual(['index.ct.invalid/app:mark', note, 'one.test/app:1'])
      await made.target.untag('one.test/app:1')
      expect((await made.target.collect()).removed).toHaveLength(noted.blobs.length)
      expect(await names()).toEqual(['index.ct.invalid/app:mark'])
    })

    it('collects what nothing refers to, and nothing else', async () => {
      await using made = await makeStore()
      const [kept, rooted, dropped] = [testImage(['shared', 'kept']), testImage(['rooted']), testImage(['shared', 'dropped'])]
      await pushTestImage(made.target, kept, 'kept')
      for (const image of [rooted, dropped]) {
        await pushTestImage(made.target, image, 'other')
        await made.target.untag('other')
      }
      const { removed, freedBytes } = await made.target.collect([rooted.root.digest])
      const digests = (image: typeof kept) => image.blobs.map(({ descriptor }) => descriptor.digest)
      const gone = dropped.blobs.filter(({ descriptor }) => descriptor.digest !== digestOf('shared'))
      expect(new Set(removed)).toEqual(new Set(gone.map(({ descriptor }) => descriptor.digest)))
      expect(freedBytes).toBe(gone.reduce((sum, { bytes }) => sum + bytes.byteLength, 0))
      expect(new Set(await listed(made.target))).toEqual(new Set([...digests(kept), ...digests(rooted)]))
    })

    it('does not collect what was pushed or found under a lease', async () => {
      await using made = await makeStore()
      const image = testImage(['leased'])
      const found = testBlob('found')
      await made.target.push(found.descriptor, body(found.bytes))
      {
        using _lease = made.target.lease?.()
        expect(await made.target.has(found.descriptor)).toBe(true)
        for (const { descriptor, bytes } of image.blobs) {
          await made.target.push(descriptor, body(bytes))
          expect((await made.target.collect()).removed).toEqual([])
        }
        await made.target.tag(image.root, 'leased')
      }
      expect((await made.target.collect()).removed).toEqual([found.descriptor.digest])
    })

    it('removes a blob when told to', async () => {
      await using made = await makeStore()
      const { descriptor, bytes } = testBlob('x')
      await made.target.push(descriptor, body(bytes))
      expect(await made.target.remove(descriptor.digest)).toBe(true)
      expect(await made.target.remove(descriptor.digest)).toBe(false)
      expect(await made.target.has(descriptor.digest)).toBe(false)
    })
  })
}

async function listed(store: ImageStore): Promise<string[]> {
  const digests: string[] = []
  for await (const { digest } of store.list()) digests.push(digest)
  return digests
}
