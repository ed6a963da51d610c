import {
  type Descriptor,
  digestAlgorithm,
  digestHex,
  formatReference,
  formatReferenceRecord,
  ImageError,
  isDigest,
  isInternalReference,
  isTag,
  type ListRefsOptions,
  MAX_DOCUMENT_BYTES,
  parseReference,
  parseReferenceRecord,
  type StoredReference,
} from '@ct/image'
import type { Bucket, ObjectInfo } from './bucket.ts'
import { FOLDERS } from './keys.ts'

/** Records remembered; at some hundred bytes each. */
const MOST_KNOWN = 20_000
const CONCURRENCY = 16

/**
 * References as small objects, `refs/<registry>/<repository>/_tags/<tag>` and `…/_digests/<algorithm>-<hex>`. A component of a
 * repository never starts with `_`, and no part of a checked reference can leave its place.
 */
export class ReferenceObjects {
  readonly #bucket: Bucket
  readonly #known = new Map<string, { readonly etag: string; readonly descriptor: Descriptor }>()

  constructor(bucket: Bucket) {
    this.#bucket = bucket
  }

  async read(ref: string): Promise<Descriptor | undefined> {
    return this.#read(keyOf(ref))
  }

  async write(ref: string, descriptor: Descriptor): Promise<void> {
    await this.#bucket.put(keyOf(ref), Buffer.from(formatReferenceRecord(descriptor)))
  }

  async remove(ref: string): Promise<boolean> {
    const key = keyOf(ref)
    if ((await this.#bucket.head(key)) === undefined) return false
    await this.#bucket.remove(key)
    return true
  }

  /** A record whose object is the same as before is not read again: a listing costs a request for each thousand, and one for each change. */
  async list(
    repository?: string,
    { hasInternal = repository !== undefined, onUnreadable }: ListRefsOptions = {},
  ): Promise<readonly StoredReference[]> {
    const found: StoredReference[] = []
    const objects = this.#bucket.list(repository === undefined ? FOLDERS.refs : `${folderOf(repository)}_`)
    const readNext = async (): Promise<void> => {
      for (let next = await objects.next(); next.done !== true; next = await objects.next()) {
        const reference = referenceOf(next.value.key)
        if (!hasInternal && reference !== undefined && isInternalReference(reference)) continue
        const descriptor = reference === undefined ? undefined : await this.#readListed(next.value, onUnreadable)
        if (reference !== undefined && descriptor !== undefined) found.push({ reference, descriptor })
      }
    }
    await Promise.all(Array.from({ length: CONCURRENCY }, readNext))
    return found.sort((a, b) => (a.reference < b.reference ? -1 : 1))
  }

  /** Repositories that have references, found by their names alone. */
  async repositories(registry: string): Promise<readonly string[]> {
    const start = `${FOLDERS.refs}${registry}/`
    const found = new Set<string>()
    for await (const { key } of this.#bucket.list(start)) found.add(key.slice(start.length).split('/').slice(0, -2).join('/'))
    return [...found].sort()
  }

  async #readListed({ key, etag }: ObjectInfo, onUnreadable: ListRefsOptions['onUnreadable']): Promise<Descriptor | undefined> {
    const known = this.#known.get(key)
    if (known !== undefined && known.etag === etag) return known.descriptor
    try {
      const descriptor = await this.#read(key)
      if (descriptor === undefined) return undefined
      if (this.#known.size >= MOST_KNOWN) this.#known.clear()
      this.#known.set(key, { etag, descriptor })
      return descriptor
    } catch (error) {
      if (onUnreadable === undefined || !(error instanceof ImageError)) throw error
      onUnreadable(error)
      return undefined
    }
  }

  async #read(key: string): Promise<Descriptor | undefined> {
    const found = await this.#bucket.get(key)
    if (found === undefined) return undefined
    const chunks: Uint8Array[] = []
    let size = 0
    for await (const chunk of found.body) {
      size += chunk.byteLength
      chunks.push(chunk)
      // The parser says what is wrong with one that is too large; it need not be whole for that.
      if (size > MAX_DOCUMENT_BYTES) break
    }
    return parseReferenceRecord(Buffer.concat(chunks), this.#bucket.place(key))
  }
}

function keyOf(ref: string): string {
  const { tag = 'latest', digest } = parseReference(ref)
  const name = digest === undefined ? `_tags/${tag}` : `_digests/${digestAlgorithm(digest)}-${digestHex(digest)}`
  return `${folderOf(ref)}${name}`
}

function folderOf(ref: string): string {
  const { registry, repository } = parseReference(ref)
  return `${FOLDERS.refs}${registry}/${repository}/`
}

/** The reference that a key stands for, or `undefined` for keys of others. */
function referenceOf(key: string): string | undefined {
  const [registry = '', ...path] = key.slice(FOLDERS.refs.length).split('/')
  const [kind, name = ''] = path.splice(-2)
  const base = { registry, repository: path.join('/') }
  const digest = name.replace('-', ':')
  if (kind === '_tags' && isTag(name)) return formatReference({ ...base, tag: name })
  return kind === '_digests' && isDigest(digest) ? formatReference({ ...base, digest }) : undefined
}
