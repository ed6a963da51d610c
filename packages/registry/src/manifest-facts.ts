import { type Descriptor, type Digest, type ImageStore, type Index, isIndex, type Manifest, parseManifest, readBlob } from '@ct/image'
import { hasErrorKind } from './error-answer.ts'

/** What a manifest says about others. */
export interface ManifestFact {
  readonly subject: Digest | undefined
  /** As the referrers API describes it. */
  readonly referrer: Descriptor
  readonly children: readonly Descriptor[]
}

const MOST = 10_000

/** Reads manifests once and remembers what they say, which never changes; the oldest is forgotten when there are too many. */
export class ManifestFacts {
  readonly #store: ImageStore
  readonly #known = new Map<Digest, ManifestFact>()

  constructor(store: ImageStore) {
    this.#store = store
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
    if (this.#known.size >= MOST) this.#known.delete(this.#known.keys().next().value ?? digest)
    this.#known.set(digest, fact)
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
