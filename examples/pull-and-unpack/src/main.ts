import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ContentStore, copy, readImage } from '@ct/image'
import { applyLayer, decompress } from '@ct/layerfs'
import { createRegistryClient } from '@ct/registry-client'
import { serveSampleImage } from './sample-image.ts'

// `npm start -- registry.example/team/app:1` pulls an image of yours; without an argument, a small one of our own.
const sample = process.argv[2] === undefined ? await serveSampleImage() : undefined
const reference = process.argv[2] ?? sample?.reference ?? ''
const directory = await mkdtemp('/var/tmp/ct-unpacked-')
try {
  const store = await ContentStore.open(join(directory, 'store'))
  const [, repository = '', tag = ''] = /^(.*):([^/:]+)$/.exec(reference) ?? []
  const descriptor = await copy(createRegistryClient().repository(repository), store, tag, {
    as: reference,
    onProgress: ({ descriptor: { digest, size }, state, transferredBytes }) =>
      console.log(`${digest.slice(7, 19)} ${state} ${transferredBytes}/${size}`),
  })

  const image = await readImage(store, descriptor)
  const rootfs = join(directory, 'rootfs')
  await mkdir(rootfs)
  for (const { descriptor: layer, diffId } of image.layers) {
    const applied = await applyLayer(decompress(store.fetch(layer), 'auto'), { path: rootfs }, { whiteouts: 'remove' })
    assert.equal(applied.diffId, diffId)
  }
  console.log(`${reference} is unpacked in ${rootfs}`)

  if (sample !== undefined) {
    assert.equal(await readFile(join(rootfs, 'greeting'), 'utf8'), 'hello from the second layer\n')
    await assert.rejects(stat(join(rootfs, 'removed')), 'the second layer deletes this file of the first')
    console.log('and holds what it should')
  }
} finally {
  await sample?.close()
  if (sample !== undefined) await rm(directory, { recursive: true })
}
