import { appendLayer, digestOf, emptyDraft, type Image, type IngestTarget, MEDIA_TYPES, readImage, writeImage } from '@ct/image'
import { compress, type TarInput, writeTar } from '@ct/layerfs'

/** Three steps: the second changes a file of the first, the third removes another. */
const STEPS: readonly (readonly [how: string, files: Readonly<Record<string, string>>])[] = [
  ['COPY etc/', { 'etc/motd': 'the old message\n', 'etc/token': 'a secret\n' }],
  ['RUN echo "the new message" > /etc/motd', { 'etc/motd': 'the new message\n' }],
  ['RUN rm /etc/token', { 'etc/.wh.token': '' }],
]

/** Makes a small image whose layers overwrite and remove what others brought. */
export async function sampleImage(store: IngestTarget): Promise<Image> {
  let draft = emptyDraft()
  for (const [how, files] of STEPS) {
    const tar = await gather(writeTar(entriesOf(files)))
    await using ingest = await store.openIngest()
    for await (const chunk of compress(whole(tar), 'gzip')) await ingest.write(chunk)
    const { digest, size } = await ingest.commit()
    const descriptor = { mediaType: MEDIA_TYPES.ociLayerGzip, digest, size }
    draft = appendLayer(draft, { descriptor, diffId: digestOf(tar) }, { created_by: how })
  }
  return readImage(store, await writeImage(store, draft))
}

async function* entriesOf(files: Readonly<Record<string, string>>): AsyncGenerator<TarInput> {
  for (const [path, text] of Object.entries(files)) {
    const bytes = Buffer.from(text)
    const rest = { type: 'file', mode: 0o644, uid: 0, gid: 0, mtimeNs: 0n, major: 0, minor: 0, xattrs: [] } as const
    yield { path: Buffer.from(path), sizeBytes: bytes.length, content: whole(bytes), ...rest }
  }
}

async function* whole(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

async function gather(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}
