// What the machine of power-cut.mjs does: says what the disk holds, then stores and unpacks images until the power is cut.
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { appendLayer, ContentStore, checkStore, digestOf, emptyDraft, MEDIA_TYPES, readImage, writeImage } from '@ct/image'
import { OverlaySnapshotter, unpack, writeTar } from '@ct/layerfs'

const FILES = 40
const [root] = process.argv.slice(2)
const store = await ContentStore.open(root)
const snapshotter = await OverlaySnapshotter.open({ root })

await look()
for (;;) await storeAndUnpack()

/** Tells of every blob and snapshot that is visible, and whether it is whole. */
async function look() {
  for (const { problem, message } of await checkStore(store)) say('problem', problem, message)
  for await (const { digest } of store.list()) say('blob', digest)
  for await (const { key, kind } of snapshotter.list()) {
    if (kind !== 'committed') say('problem', 'active', key)
    else if (await isWhole(key)) say('snapshot', key)
    else say('problem', 'half', key)
  }
  say('looked')
}

/** Every file of a layer is named by its digest, and there are always as many. */
async function isWhole(key) {
  const [directory] = await snapshotter.layerDirectories(key)
  const names = readdirSync(join(directory, 'files'))
  return (
    names.length === FILES &&
    names.every(
      (file) =>
        createHash('sha256')
          .update(readFileSync(join(directory, 'files', file)))
          .digest('hex') === file,
    )
  )
}

async function storeAndUnpack() {
  let draft = emptyDraft()
  for (let index = 0; index < 3; index++) draft = appendLayer(draft, await makeLayer())
  const descriptor = await writeImage(store, draft)
  await store.tag(descriptor, 'cut:1')
  say('stored', descriptor.digest)
  const image = await readImage(store, descriptor)
  const { chainId } = await unpack(store, image, snapshotter)
  say('unpacked', chainId)
}

async function makeLayer() {
  const chunks = []
  for await (const chunk of writeTar(entries())) chunks.push(chunk)
  const tar = Buffer.concat(chunks)
  const bytes = gzipSync(tar, { level: 1 })
  const descriptor = { mediaType: MEDIA_TYPES.ociLayerGzip, digest: digestOf(bytes), size: bytes.length }
  await store.push(descriptor, body(bytes))
  return { descriptor, diffId: digestOf(tar) }
}

function* entries() {
  yield entryOf('files', 'directory', 0o755)
  for (let index = 0; index < FILES; index++) {
    const content = randomBytes(2000 + index * 500)
    const path = `files/${createHash('sha256').update(content).digest('hex')}`
    yield { ...entryOf(path, 'file', 0o644), sizeBytes: content.length, content: body(content) }
  }
}

function entryOf(path, type, mode) {
  return { path: Buffer.from(path), type, mode, uid: 0, gid: 0, sizeBytes: 0, mtimeNs: 0n, major: 0, minor: 0, xattrs: [] }
}

async function* body(bytes) {
  yield bytes
}

function say(...words) {
  console.log('ct', ...words)
}
