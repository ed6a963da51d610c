import { type Descriptor, type Digest, type ImageStore, type Index, isIndex, type Manifest, parseManifest, readBlob } from '@ct/image'
import { hasErrorKind } from './error-answer.ts'

/** What a manifest says about others. */
export interface ManifestFact {
  readonly subject: Digest | undefined
  /** As the referrers API describes it. */
  readonly referrer: Descriptor
  readonly children: readonly Descriptor[]
}

const MOST_BYTES = 32 * 1024 * 1024
/** What a manifest costs besides its text. */
const OVERHEAD_BYTES = 1024

/** Reads manifests once and remembers what they say, which never changes; the oldest are forgotten when they are too much. */
export class ManifestFacts {
  readonly #store: ImageStore
  readonly #mostBytes: number
  readonly #known = new Map<Digest, ManifestFact>()
  #knownBytes = 0

  /** At most so many bytes of manifests are remembered. */
  constructor(store: ImageStore, { mostBytes = MOST_BYTES }: { readonly mostBytes?: number } = {}) {
    this.#store = store
    this.#mostBytes = mostBytes
  }

  /** `undefined` for a manifest that is damaged or gone: it says nothing any more. */
  async of(descriptor: Descriptor): Promise<ManifestFact | undefined> {
    const known = this.#known.get(descriptor.digest)
    if (known !== undefined) return known
    const fact = await this.#read(descriptor)
    if (fact !== undefined) this.#keep(descriptor.digest, fact)
    return fact
  }

  /** Takes note of a manifest that was read elsewhere. */
  learn(descriptor: Descriptor, manifest: Manifest | Index): void {
    this.#keep(descriptor.digest, factOf(descriptor, manifest))
  }

  #keep(digest: Digest, fact: ManifestFact): void {
    if (this.#known.has(digest)) return
    this.#known.set(digest, fact)
    this.#knownBytes += costOf(fact)
    for (const [oldest, { referrer }] of this.#known) {
      if (this.#knownBytes <= this.#mostBytes) return
      this.#known.delete(oldest)
      this.#knownBytes -= costOf({ referrer })
    }
  }

  async #read(descriptor: Descriptor): Promise<ManifestFact | undefined> {
    try {
      return factOf(descriptor, parseManifest(await readBlob(this.#store, descriptor), descriptor))
    } catch (error) {
      if (hasErrorKind(error, 'corrupt', 'not-found')) return undefined
      throw error
    }
  }
}

function costOf({ referrer }: Pick<ManifestFact, 'referrer'>): number {
  return referrer.size + OVERHEAD_BYTES
}

/** @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers */
function factOf({ mediaType, digest, size }: Descriptor, manifest: Manifest | Index): ManifestFact {
  const { annotations, subject } = manifest
  const artifactType = manifest.artifactType ?? (isIndex(manifest) ? undefined : manifest.config.mediaType)
  return {
    subject: subject?.digest,
    referrer: {
      mediaType,
      digest,
      size,
      ...(artifactType !== undefined && { artifactType }),
      ...(annotations !== undefined && { annotations }),
    },
    children: isIndex(manifest) ? manifest.manifests : [manifest.config, ...manifest.layers],
  }
}
