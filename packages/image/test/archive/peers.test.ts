import { execFileSync, spawnSync } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { digestOf, loadArchive, MEDIA_TYPES, MemoryStore, OciLayout, readImage, saveArchive } from '../../src/index.ts'
import { bytesOf, pushTestImage, testBlob } from '../../src/testing/index.ts'
import { temporaryDirectory } from '../temporary.ts'
import { makeTar } from './make-tar.ts'

const hasSkopeo = spawnSync('skopeo', ['--version']).status === 0
const policy = ['--insecure-policy']

/** An image that a real tool accepts: its layers are tars. */
async function realImage() {
  const tars = [await makeTar({ 'etc/motd': 'hello', bin: { linkTo: 'usr/bin' } }), await makeTar({ 'etc/hosts': '127.0.0.1 localhost' })]
  const layers = tars.map((tar) => testBlob(gzipSync(tar), MEDIA_TYPES.ociLayerGzip))
  const document = {
    architecture: 'amd64',
    os: 'linux',
    config: { Cmd: ['sh'] },
    rootfs: { type: 'layers', diff_ids: tars.map((tar) => digestOf(tar)) },
  }
  const config = testBlob(JSON.stringify(document), MEDIA_TYPES.ociConfig)
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
  }
  const root = testBlob(JSON.stringify(manifest), MEDIA_TYPES.ociManifest)
  return { root: root.descriptor, imageId: config.descriptor.digest, diffIds: document.rootfs.diff_ids, blobs: [...layers, config, root] }
}

describe.skipIf(!hasSkopeo)('skopeo', () => {
  const skopeo = (...args: string[]) => execFileSync('skopeo', [...policy, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })

  it.each([
    ['docker-archive', 'docker.io/library/app:1'],
    ['oci-archive', 'localhost/app:1'],
  ])('writes a %s that we load', async (transport, reference) => {
    await using directory = await temporaryDirectory()
    const image = await realImage()
    const layout = await OciLayout.open(join(directory.path, 'layout'))
    await pushTestImage(layout, image, 'app:1')
    skopeo('copy', `oci:${layout.root}:app:1`, `${transport}:${directory.path}/out.tar:${reference}`)
    const store = new MemoryStore()
    const [loaded] = await loadArchive(store, createReadStream(`${directory.path}/out.tar`))
    expect(loaded).toMatchObject({ references: [reference], imageId: image.imageId })
    expect((await readImage(store, await store.resolve(reference))).layers).toHaveLength(2)
  })

  it.each(['docker-archive', 'oci-archive'])('reads what we save as a %s', async (transport) => {
    await using directory = await temporaryDirectory()
    const image = await realImage()
    const store = new MemoryStore()
    await pushTestImage(store, image, 'app:1')
    await writeFile(`${directory.path}/ours.tar`, await bytesOf(saveArchive(store, ['app:1'])))
    skopeo(
      'copy',
      `${transport}:${directory.path}/ours.tar${transport === 'docker-archive' ? ':app:1' : ''}`,
      `oci:${directory.path}/layout:back`,
    )
    const layout = await OciLayout.open(`${directory.path}/layout`)
    const { config } = await readImage(layout, await layout.resolve('back'))
    expect(config.rootfs.diff_ids).toEqual(image.diffIds)
  })
})
