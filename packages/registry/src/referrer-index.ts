import { bodyOf, type Descriptor, type Digest, digestHex, digestOf, type ImageStore, isDigest } from '@ct/image'
import type { ManifestFacts } from './manifest-facts.ts'
import type { Repository } from './repository.ts'

/** No registry is called so: what the store keeps under this name is the index. */
const REGISTRY = 'referrers.ct.invalid'
const REPOSITORY = 'dev.ct.registry.repository'
/** What the mark of a repository stands for, as a reference must stand for something. */
const EMPTY = Buffer.from('{}')
const MOST_KNOWN = 10_000

/** Whose manifests are meant. */
type Place = Pick<Repository, 'name' | 'manifests' | 'findManifest'>

/**
 * Which manifests are about a subject, as references of the store: `…/subject-<digest of repository and subject>@<referrer>`, so that to
 * list them costs what there are. An entry is written after its manifest has come and removed before it goes. A repository whose entries
 * are all there has a mark, from its first manifest on. What lacks a mark, or an entry after a crash, is mended by the next push or
 * collection; until then the manifests themselves are read.
 */
export class ReferrerIndex {
  readonly #store: ImageStore
  readonly #facts: ManifestFacts
  readonly #storeName: string
  readonly #complete = new Set<string>()

  constructor({ store, facts }: { readonly store: ImageStore; readonly facts: ManifestFacts }, storeName: string) {
    this.#store = store
    this.#facts = facts
    this.#storeName = storeName
  }

  /** Manifests of a repository that have a subject, in no order. */
  async list(repository: Place, subject: Digest): Promise<readonly Descriptor[]> {
    if (!(await this.#isComplete(repository))) return (await this.#bySubject(await repository.manifests())).get(subject) ?? []
    const entries = await this.#store.listRefs(this.#folder(repository, subject))
    return entries.map(({ descriptor: { mediaType, digest, size } }) => ({ mediaType, digest, size }))
  }

  /** Notes what a manifest is about, which is in its repository. */
  async add(repository: Place, manifest: Descriptor): Promise<void> {
    if (!(await this.#isComplete(repository))) return this.complete(repository)
    const subject = (await this.#facts.of(manifest))?.subject
    if (subject !== undefined) await this.#write(repository, subject, manifest)
  }

  /** Takes a manifest out of the index while `remove` takes it out of its repository. */
  async drop<Result>(repository: Place, manifest: Descriptor, remove: () => Promise<Result>): Promise<Result> {
    const subject = (await this.#facts.of(manifest))?.subject
    if (subject === undefined) return remove()
    const entry = `${this.#folder(repository, subject)}@${manifest.digest}`
    await this.#store.untag(entry)
    const result = await remove()
    // Another registry on the same store may have been in the middle of adding it.
    await this.#store.untag(entry)
    return result
  }

  /** Writes the entries of a repository that are missing, and its mark. */
  async complete(repository: Place): Promise<void> {
    const all = await repository.manifests()
    for (const [subject, manifests] of await this.#bySubject(all)) {
      const entries = await this.#store.listRefs(this.#folder(repository, subject))
      const known = new Set(entries.map(({ descriptor }) => descriptor.digest))
      for (const manifest of manifests) if (!known.has(manifest.digest)) await this.#write(repository, subject, manifest)
    }
    if (all.length === 0 || (await this.#isComplete(repository))) return
    const mark = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(EMPTY), size: EMPTY.byteLength }
    using _lease = this.#store.lease?.()
    await this.#store.push(mark, bodyOf(EMPTY))
    await this.#store.tag(this.#noted(repository, mark), `${this.#markFolder(repository)}:complete`)
    this.#remember(repository.name)
  }

  /** Removes entries whose manifest is gone, and marks of repositories that are: what a crash left. */
  async sweep(openRepository: (name: string) => Place & Pick<Repository, 'exists'>): Promise<void> {
    for (const folder of await this.#store.listRepositories(REGISTRY)) {
      for (const { reference, descriptor } of await this.#store.listRefs(`${REGISTRY}/${folder}`)) {
        const [storeName, ...path] = (descriptor.annotations?.[REPOSITORY] ?? '').split('/')
        if (storeName !== this.#storeName) continue
        const repository = openRepository(path.join('/'))
        const isEntry = isDigest(reference.slice(reference.indexOf('@') + 1))
        const isNeeded = () => (isEntry ? repository.findManifest(descriptor.digest) : repository.exists())
        if (!isGone(await isNeeded())) continue
        await this.#store.untag(reference)
        if (!isEntry) this.#complete.delete(repository.name)
        // It may have come back at this moment.
        if (!isGone(await isNeeded())) await this.#store.tag(descriptor, reference)
      }
    }
  }

  async #bySubject(manifests: readonly Descriptor[]): Promise<ReadonlyMap<Digest, readonly Descriptor[]>> {
    const subjects = new Map<Digest, Descriptor[]>()
    for (const manifest of manifests) {
      const subject = (await this.#facts.of(manifest))?.subject
      if (subject === undefined) continue
      const others = subjects.get(subject)
      if (others === undefined) subjects.set(subject, [manifest])
      else others.push(manifest)
    }
    return subjects
  }

  async #write(repository: Place, subject: Digest, manifest: Descriptor): Promise<void> {
    const entry = `${this.#folder(repository, subject)}@${manifest.digest}`
    await this.#store.tag(this.#noted(repository, manifest), entry)
    // Another registry on the same store may have taken it out meanwhile: it removes the entry before and after.
    if ((await repository.findManifest(manifest.digest)) === undefined) await this.#store.untag(entry)
  }

  async #isComplete(repository: Place): Promise<boolean> {
    if (this.#complete.has(repository.name)) return true
    const marks = await this.#store.listRefs(this.#markFolder(repository))
    if (marks.length > 0) this.#remember(repository.name)
    return marks.length > 0
  }

  #remember(name: string): void {
    if (this.#complete.size >= MOST_KNOWN) this.#complete.clear()
    this.#complete.add(name)
  }

  #noted({ name }: Place, { mediaType, digest, size }: Descriptor): Descriptor {
    return { mediaType, digest, size, annotations: { [REPOSITORY]: `${this.#storeName}/${name}` } }
  }

  #markFolder({ name }: Place): string {
    return `${REGISTRY}/repository-${digestHex(digestOf(`${this.#storeName}/${name}`))}`
  }

  /** A digest instead of the names, which together may be longer than the name of a repository. */
  #folder({ name }: Place, subject: Digest): string {
    return `${REGISTRY}/subject-${digestHex(digestOf(`${this.#storeName}/${name}@${subject}`))}`
  }
}

function isGone(found: Descriptor | boolean | undefined): boolean {
  return found === undefined || found === false
}
