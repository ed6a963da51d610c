import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  appendLayer,
  draftOf,
  emptyDraft,
  type Image,
  type ImageDraft,
  MemoryStore,
  readImage,
  rebaseImage,
  withExecution,
  writeImage,
} from '@ct/image'
import { packLayer, readImageFiles } from '@ct/layerfs'

// An application was built on a base that has a hole. The base is mended; the application moves over, layers untouched.
const scratch = await mkdtemp('/var/tmp/ct-rebase-')
try {
  const store = new MemoryStore()
  const oldBase = await write(emptyDraft(), await layerOf('libssl.so', 'version 1, with a hole'))
  const newBase = await write(emptyDraft(), await layerOf('libssl.so', 'version 2, mended'))
  const appLayer = await layerOf('app.js', 'the application')
  const app = await write(withExecution(draftOf(oldBase), { Cmd: ['node', '/app.js'] }), appLayer)

  const rebased = await readImage(store, await writeImage(store, rebaseImage(draftOf(app), { from: oldBase, onto: newBase })))
  console.log(`${app.imageId} was on ${oldBase.imageId}`)
  console.log(`${rebased.imageId} is on ${newBase.imageId}`)

  const files = await readImageFiles(store, rebased)
  assert.equal(await text(files.read('/libssl.so')), 'version 2, mended')
  assert.equal(rebased.layers.at(-1)?.diffId, appLayer.diffId)
  assert.deepEqual(rebased.config.config?.Cmd, ['node', '/app.js'])
  assert.throws(() => rebaseImage(draftOf(rebased), { from: oldBase, onto: newBase }), { code: 'IMAGE_NOT_BASED' })
  console.log('and has the library that is mended under the application that is the same')

  async function layerOf(name: string, content: string) {
    const directory = await mkdtemp(join(scratch, 'layer-'))
    await writeFile(join(directory, name), content)
    return packLayer({ path: directory }, store)
  }

  async function write(draft: ImageDraft, layer: Awaited<ReturnType<typeof layerOf>>): Promise<Image> {
    return readImage(store, await writeImage(store, appendLayer(draft, layer)))
  }
} finally {
  await rm(scratch, { recursive: true })
}

async function text(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
