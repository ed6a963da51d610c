import { execFileSync } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ContentStore, digestOf } from '../src/index.ts'
import { body, bytesOf, testBlob } from '../src/testing/index.ts'
import { temporaryDirectory } from './temporary.ts'

it('says that the disk is full, leaves nothing half-written, and goes on', async () => {
  await using directory = await temporaryDirectory()
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'ct-image-test', directory.path])
  try {
    const store = await ContentStore.open(directory.path)
    const large = testBlob(Buffer.alloc(4_000_000, 'x'))
    await expect(store.push(large.descriptor, body(large.bytes, 100_000))).rejects.toMatchObject({
      code: 'IMAGE_NO_SPACE',
      kind: 'exhausted',
    })
    expect(await readdir(join(directory.path, 'blobs/sha256'))).toEqual([])
    const small = testBlob('small')
    await store.push(small.descriptor, body(small.bytes))
    expect(digestOf(await bytesOf(store.fetch(small.descriptor)))).toBe(small.descriptor.digest)
  } finally {
    execFileSync('umount', [directory.path])
  }
})
