import { mkdir, readFile, rmdir, stat, unlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { hasErrno } from '@ct/errors'
import type { Descriptor } from './descriptor.ts'
import { digestAlgorithm, digestHex, isDigest } from './digest.ts'
import { entriesOf } from './entries-of.ts'
import { ImageError } from './errors.ts'
import { isInternalReference } from './internal-reference.ts'
import { checkReference, formatReference, isTag, parseExactReference, type Reference } from './reference.ts'
import { formatReferenceRecord, parseReferenceRecord } from './reference-record.ts'
import type { ListRefsOptions, StoredReference } from './target.ts'
import { replaceFile } from './write-file.ts'

/** A reference and the file that it is. */
interface NamedFile {
  readonly reference: string
  readonly path: string
}

/** Records remembered; at some hundred bytes each. */
const MOST_KNOWN = 20_000

/**
 * References as files, `refs/<registry>/<repository>/_tags/<tag>` and `…/_digests/<algorithm>-<hex>`. A component of a repository never
 * starts with `_`, a checked reference holds no `..`, and the registry is percent-encoded: no path leaves the directory.
 */
export class RefDirectory {
  readonly #root: string
  readonly #known = new Map<string, { readonly version: string; readonly descriptor: Descriptor }>()

  constructor(root: string) {
    this.#root = root
  }

  async read(ref: string): Promise<Descriptor | undefined> {
    return this.#readRecord(this.#path(parseExactReference(ref)))
  }

  async write(ref: string, descriptor: Descriptor): Promise<void> {
    const path = this.#path(parseExactReference(ref))
    await mkdir(dirname(path), { recursive: true })
    await replaceFile(path, formatReferenceRecord(descriptor))
  }

  async remove(ref: string): Promise<boolean> {
    const path = this.#path(parseExactReference(ref))
    try {
      await unlink(path)
    } catch (error) {
      if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return false
      throw error
    }
    await this.#removeEmpty(dirname(path))
    return true
  }

  async list(repository?: string, { hasInternal = false, onUnreadable }: ListRefsOptions = {}): Promise<readonly StoredReference[]> {
    const found: StoredReference[] = []
    for (const { reference, path } of await (repository === undefined ? this.#all(hasInternal) : this.#of(repository))) {
      const descriptor = await this.#readRecord(path).catch((error: unknown) => {
        if (onUnreadable === undefined || !(error instanceof ImageError)) throw error
        onUnreadable(error)
      })
      if (descriptor !== undefined) found.push({ reference, descriptor })
    }
    return found.sort((a, b) => (a.reference < b.reference ? -1 : 1))
  }

  /** Repositories that have references, found by their names alone. */
  async repositories(registry: string): Promise<readonly string[]> {
    const start = join(this.#root, encodeURIComponent(registry))
    const found = await this.#walk(start, true)
    return [...new Set(found.map(({ path }) => relative(start, dirname(dirname(path)))))].sort()
  }

  /** A record is replaced, never changed: one whose file is the same as before is not read again. */
  async #readRecord(path: string): Promise<Descriptor | undefined> {
    try {
      const { ino, ctimeNs, size } = await stat(path, { bigint: true })
      const version = `${ino} ${ctimeNs} ${size}`
      const known = this.#known.get(path)
      if (known?.version === version) return known.descriptor
      const descriptor = parseReferenceRecord(await readFile(path), path)
      if (this.#known.size >= MOST_KNOWN) this.#known.clear()
      this.#known.set(path, { version, descriptor })
      return descriptor
    } catch (error) {
      this.#known.delete(path)
      if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
      throw error
    }
  }

  #path({ registry, repository, tag, digest }: Reference): string {
    const base = join(this.#root, encodeURIComponent(registry), repository)
    if (digest !== undefined) return join(base, '_digests', `${digestAlgorithm(digest)}-${digestHex(digest)}`)
    return join(base, '_tags', tag ?? 'latest')
  }

  #of(repository: string): Promise<NamedFile[]> {
    return this.#walk(dirname(dirname(this.#path(parseExactReference(repository)))), false)
  }

  /** Internal references may be many: where they are not asked for, their folders are not looked into. */
  async #all(hasInternal: boolean): Promise<NamedFile[]> {
    const found: NamedFile[] = []
    for (const entry of await entriesOf(this.#root)) {
      if (!entry.isDirectory() || (!hasInternal && isInternalReference(`${entry.name}/`))) continue
      found.push(...(await this.#walk(join(this.#root, entry.name), true)))
    }
    return found
  }

  async #walk(directory: string, isRecursive: boolean): Promise<NamedFile[]> {
    const found: NamedFile[] = []
    for (const entry of await entriesOf(directory)) {
      const path = join(directory, entry.name)
      if (!entry.isDirectory()) continue
      if (entry.name !== '_tags' && entry.name !== '_digests') {
        if (isRecursive) found.push(...(await this.#walk(path, true)))
        continue
      }
      for (const file of await entriesOf(path)) {
        const reference = file.isFile() ? this.#reference(directory, file.name, entry.name) : undefined
        if (reference !== undefined) found.push({ reference, path: join(path, file.name) })
      }
    }
    return found
  }

  /** The reference that a file stands for, or `undefined` for files that are none, such as half-written ones. */
  #reference(directory: string, name: string, kind: '_tags' | '_digests'): string | undefined {
    const [registry = '', ...repository] = relative(this.#root, directory).split('/')
    const base = { registry: decodeURIComponent(registry), repository: repository.join('/') }
    const digest = name.replace('-', ':')
    if (kind === '_tags') return isTag(name) ? formatReference(checkReference({ ...base, tag: name })) : undefined
    return isDigest(digest) ? formatReference(checkReference({ ...base, digest })) : undefined
  }

  async #removeEmpty(directory: string): Promise<void> {
    for (let current = directory; current !== this.#root; current = dirname(current)) {
      try {
        await rmdir(current)
      } catch (error) {
        if (hasErrno(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT')) return
        throw error
      }
    }
  }
}
