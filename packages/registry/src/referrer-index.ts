import { bodyOf, type Descriptor, type Digest, digestHex, digestOf, type ImageStore, isNote } from '@ct/image'
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
type OpenPlace = (name: string) => Place & Pick<Repository, 'exists'>

/** Something in the index that should not be there. */
interface WrongReference {
  readonly reference: string
  readonly descriptor: Descriptor
  readonly repository: Place
  /** Looks again. */
  readonly isRight: () => Promise<boolean>
}

/** A record that cannot be read is as good as none here: it is written again, and `checkStore` tells of it. */
const SKIPPING = { onUnreadable: () => undefined }

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
    for (const { subject, manifest } of await this.#missing(repository, all)) await this.#write(repository, subject, manifest)
    if (all.length === 0 || (await this.#isComplete(repository))) return
    const mark = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf(EMPTY), size: EMPTY.byteLength }
    using _lease = this.#store.lease?.()
    await this.#store.push(mark, bodyOf(EMPTY))
    await this.#store.tag(this.#noted(repository, mark), `${this.#markFolder(repository)}:complete`)
    this.#remember(repository.name)
  }

  /** Removes entries that are wrong, and marks of repositories that are gone: what a crash left. */
  async sweep(openRepository: OpenPlace): Promise<void> {
    for await (const { reference, descriptor, repository, isRight } of this.#wrong(openRepository)) {
      await this.#store.untag(reference)
      if (isMark(reference)) this.#complete.delete(repository.name)
      // It may have become right at this moment.
      if (await isRight()) await this.#store.tag(descriptor, reference)
    }
  }

  /** Manifests that the index of a repository lacks although it says that it has all, so that nobody finds them. */
  async unlisted(repository: Place): Promise<readonly Descriptor[]> {
    if (!(await this.#isMarked(repository))) return []
    return (await this.#missing(repository, await repository.manifests())).map(({ manifest }) => manifest)
  }

  /** Manifests that the index has although they are not in their repository, or are about something else. */
  async *stale(openRepository: OpenPlace): AsyncGenerator<{ readonly repository: string; readonly manifest: Descriptor }> {
    for await (const { reference, descriptor, repository } of this.#wrong(openRepository))
      if (!isMark(reference)) yield { repository: repository.name, manifest: descriptor }
  }

  async #missing(
    repository: Place,
    manifests: readonly Descriptor[],
  ): Promise<readonly { readonly subject: Digest; readonly manifest: Descriptor }[]> {
    const missing: { readonly subject: Digest; readonly manifest: Descriptor }[] = []
    for (const [subject, referrers] of await this.#bySubject(manifests)) {
      const entries = await this.#store.listRefs(this.#folder(repository, subject), SKIPPING)
      const known = new Set(entries.map(({ descriptor }) => descriptor.digest))
      for (const manifest of referrers) if (!known.has(manifest.digest)) missing.push({ subject, manifest })
    }
    return missing
  }

  async *#wrong(openRepository: OpenPlace): AsyncGenerator<WrongReference> {
    for (const folder of await this.#store.listRepositories(REGISTRY)) {
      for (const { reference, descriptor } of await this.#store.listRefs(`${REGISTRY}/${folder}`, SKIPPING)) {
        const [storeName, ...path] = (descriptor.annotations?.[REPOSITORY] ?? '').split('/')
        if (storeName !== this.#storeName) continue
        const repository = openRepository(path.join('/'))
        const isRight = () => (isMark(reference) ? repository.exists() : this.#isEntry(repository, reference, descriptor))
        if (!(await isRight())) yield { reference, descriptor, repository, isRight }
      }
    }
  }

  /** What a damaged manifest is about is not known: its entry stays. */
  async #isEntry(repository: Place, reference: string, { digest }: Descriptor): Promise<boolean> {
    const manifest = await repository.findManifest(digest)
    if (manifest === undefined) return false
    const fact = await this.#facts.of(manifest)
    return fact === undefined || (fact.subject !== undefined && reference === `${this.#folder(repository, fact.subject)}@${digest}`)
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
    const isMarked = await this.#isMarked(repository)
    if (isMarked) this.#remember(repository.name)
    return isMarked
  }

  async #isMarked(repository: Place): Promise<boolean> {
    return (await this.#store.listRefs(this.#markFolder(repository), SKIPPING)).length > 0
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

function isMark(reference: string): boolean {
  return !isNote(reference)
}
