import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hasErrno } from '@ct/errors'
import { BlobDirectory } from './blob-directory.ts'
import { describeManifest } from './describe-manifest.ts'
import { ANNOTATIONS, type Descriptor } from './descriptor.ts'
import { type DigestAlgorithm, isDigest } from './digest.ts'
import { entriesOf } from './entries-of.ts'
import { ImageError } from './errors.ts'
import { type Index, isIndex, parseManifest } from './manifest.ts'
import { MEDIA_TYPES } from './media-types.ts'
import { parseDocument } from './parse-document.ts'
import { literal, object } from './shape.ts'
import type { FetchOptions, Ingest, IngestTarget, PushOptions, StoredReference } from './target.ts'
import { replaceFile, TEMPORARY_PREFIX } from './write-file.ts'

const emptyIndex: Index = { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: [] }
const versionShape = object<{ imageLayoutVersion: '1.0.0' }>({ imageLayoutVersion: literal('1.0.0') }, ['imageLayoutVersion'])

/**
 * Images in a directory as the image spec lays them out, for exchange with other tools. References are free text, kept as the
 * annotation `org.opencontainers.image.ref.name`; containerd's full names are found, too. One process writes a layout.
 * @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export class OciLayout implements IngestTarget {
  readonly root: string
  readonly takesTransient = true
  readonly #blobs: BlobDirectory
  #last: Promise<unknown> = Promise.resolve()

  private constructor(root: string) {
    this.root = root
    this.#blobs = new BlobDirectory(root)
  }

  /**
   * Opens a layout; an empty or missing directory becomes one.
   * @throws ImageError `IMAGE_BAD_STORE` for a directory with other things in it, or of another version
   */
  static async open(root: string): Promise<OciLayout> {
    const layout = new OciLayout(root)
    const marker = join(root, 'oci-layout')
    try {
      parseDocument(await readFile(marker), versionShape, { what: marker, code: 'IMAGE_BAD_STORE' })
    } catch (error) {
      if (!hasErrno(error, 'ENOENT')) throw error
      await layout.#create(marker)
    }
    await layout.#blobs.prepare()
    return layout
  }

  async resolve(ref: string): Promise<Descriptor> {
    const { manifests } = await this.#readIndex()
    const matches = manifests.filter(
      ({ digest, annotations }) =>
        digest === ref || annotations?.[ANNOTATIONS.refName] === ref || annotations?.[ANNOTATIONS.imageName] === ref,
    )
    const [first] = matches
    if (first !== undefined && matches.some(({ digest }) => digest !== first.digest)) {
      throw new ImageError('IMAGE_BAD_STORE', `${ref} stands for several images in ${this.root}`, {
        kind: 'conflict',
        hint: 'ask for one of them by its digest',
      })
    }
    if (first !== undefined) return withoutNames(first)
    const bytes = isDigest(ref) ? await this.#blobs.document(ref) : undefined
    if (isDigest(ref) && bytes !== undefined) return describeManifest(ref, bytes)
    throw new ImageError('IMAGE_NO_REFERENCE', `no image ${ref} in ${this.root}`, { kind: 'not-found' })
  }

  fetch(descriptor: Descriptor, options?: FetchOptions): AsyncGenerator<Uint8Array, void, undefined> {
    return this.#blobs.fetch(descriptor, options)
  }

  has(descriptor: Descriptor): Promise<boolean> {
    return this.#blobs.has(descriptor)
  }

  push(descriptor: Descriptor, body: AsyncIterable<Uint8Array>, options?: PushOptions): Promise<void> {
    return this.#blobs.push(descriptor, body, options)
  }

  openIngest(algorithm?: DigestAlgorithm): Promise<Ingest> {
    return this.#blobs.openIngest(algorithm)
  }

  async tag(descriptor: Descriptor, ref: string): Promise<void> {
    if (!/^[!-~]{1,512}$/.test(ref)) {
      throw new ImageError('IMAGE_BAD_REFERENCE', `not a reference: ${JSON.stringify(ref.slice(0, 200))}`, {
        kind: 'invalid',
        hint: 'in a layout it is up to 512 printable characters without spaces',
      })
    }
    if (!(await this.has(descriptor))) {
      throw new ImageError('IMAGE_NO_BLOB', `${ref} cannot stand for ${descriptor.digest}, which is not in ${this.root}`, {
        kind: 'not-found',
      })
    }
    const named = { ...descriptor, annotations: { ...descriptor.annotations, [ANNOTATIONS.refName]: ref } }
    await this.#update((manifests) => [
      ...manifests.filter((entry) => {
        const name = entry.annotations?.[ANNOTATIONS.refName]
        return name !== ref && !(name === undefined && entry.digest === descriptor.digest)
      }),
      named,
    ])
  }

  /** What the layout's index has; a manifest without a name is listed under its digest. */
  async listRefs(): Promise<readonly StoredReference[]> {
    const { manifests } = await this.#readIndex()
    return manifests.map((entry) => ({
      reference: entry.annotations?.[ANNOTATIONS.imageName] ?? entry.annotations?.[ANNOTATIONS.refName] ?? entry.digest,
      descriptor: withoutNames(entry),
    }))
  }

  async #create(marker: string): Promise<void> {
    // What has another name than a half-written file is not from a maker of layouts that was killed.
    if (!(await entriesOf(this.root)).every(({ name }) => name.startsWith(TEMPORARY_PREFIX))) {
      throw new ImageError('IMAGE_BAD_STORE', `${this.root} is not an OCI layout`, {
        kind: 'conflict',
        hint: 'give an empty or a new directory',
      })
    }
    await mkdir(this.root, { recursive: true })
    // In this order, as a layout without an index is an empty one.
    await replaceFile(marker, JSON.stringify({ imageLayoutVersion: '1.0.0' }))
    await replaceFile(join(this.root, 'index.json'), JSON.stringify(emptyIndex))
  }

  async #readIndex(): Promise<Index> {
    const path = join(this.root, 'index.json')
    try {
      const index = parseManifest(await readFile(path), { mediaType: MEDIA_TYPES.ociIndex })
      return isIndex(index) ? index : emptyIndex
    } catch (error) {
      if (hasErrno(error, 'ENOENT')) return emptyIndex
      throw error
    }
  }

  /** Updates wait for each other. */
  async #update(change: (manifests: readonly Descriptor[]) => readonly Descriptor[]): Promise<void> {
    const work = async () => {
      const index = await this.#readIndex()
      await replaceFile(join(this.root, 'index.json'), JSON.stringify({ ...index, manifests: change(index.manifests) }))
    }
    const mine = this.#last.then(work, work)
    this.#last = mine.catch(() => undefined)
    await mine
  }
}

function withoutNames({ annotations = {}, ...rest }: Descriptor): Descriptor {
  const names: readonly string[] = [ANNOTATIONS.refName, ANNOTATIONS.imageName]
  const kept = Object.entries(annotations).filter(([key]) => !names.includes(key))
  return kept.length === 0 ? rest : { ...rest, annotations: Object.fromEntries(kept) }
}
