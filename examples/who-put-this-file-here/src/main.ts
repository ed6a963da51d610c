import assert from 'node:assert/strict'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { ContentStore, type Image, loadArchive, readImage } from '@ct/image'
import { readImageFiles } from '@ct/layerfs'
import { sampleImage } from './sample-image.ts'

// `npm start -- image.tar [path]` explores an archive of `docker save` or `ct save`; without one, a small image of our own.
const [archive, wanted] = process.argv.slice(2)
const directory = await mkdtemp('/var/tmp/ct-who-')
try {
  const store = await ContentStore.open(directory)
  const image = archive === undefined ? await sampleImage(store) : await load(archive)
  const files = await readImageFiles(store, image)
  const steps = (image.config.history ?? []).filter(({ empty_layer: isEmpty }) => isEmpty !== true)

  for (const [index, { descriptor }] of image.layers.entries()) {
    const own = files.visible.filter(({ layer }) => layer === index)
    const hidden = files.hidden.filter(({ layer }) => layer === index)
    console.log(`layer ${index} (${descriptor.size} bytes): ${steps[index]?.created_by ?? 'nobody says how it was made'}`)
    console.log(`  ${own.length} entries that are seen, ${hidden.length} that are not`)
    for (const { path, hiddenBy, sizeBytes } of hidden) console.log(`  hidden by layer ${hiddenBy}: /${path} (${sizeBytes} bytes)`)
  }
  console.log(`${files.wastedBytes} bytes are carried for nothing`)

  const path = wanted ?? '/etc/motd'
  const file = files.find(path)
  if (file !== undefined) console.log(`${path} was put there by layer ${file.layer}: ${steps[file.layer]?.created_by ?? 'unknown'}`)
  else console.log(`there is no ${path}`)

  if (archive === undefined) {
    assert.equal(file?.layer, 1)
    assert.equal(files.wastedBytes, 'the old message\n'.length + 'a secret\n'.length)
    assert.equal(await text(files.read('/etc/motd')), 'the new message\n')
  }

  async function load(tar: string): Promise<Image> {
    const [first] = await loadArchive(store, createReadStream(tar))
    assert(first !== undefined, `${tar} has no image`)
    return readImage(store, first.descriptor)
  }
} finally {
  await rm(directory, { recursive: true })
}

async function text(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
