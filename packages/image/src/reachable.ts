import type { Descriptor } from './descriptor.ts'
import type { Digest } from './digest.ts'
import { ImageError } from './errors.ts'
import { type Index, isIndex, type Manifest, parseManifest } from './manifest.ts'
import { isIndexMediaType, isManifestMediaType } from './media-types.ts'

/** Where the walk starts: a descriptor, or the digest of a blob that may be a manifest. */
type Root = Descriptor | Digest

/**
 * Everything that the roots refer to, themselves included. `read` gives a small blob, or `undefined` when it is absent or too
 * large for a manifest; `childrenOf` says what a manifest refers to.
 */
export async function reachable(
  roots: Iterable<Root>,
  read: (digest: Digest) => Promise<Uint8Array | undefined>,
  childrenOf: (manifest: Manifest | Index) => readonly Descriptor[] = descriptorsOf,
): Promise<Set<Digest>> {
  const found = new Set<Digest>()
  const queue: Root[] = [...roots]
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const digest = typeof next === 'string' ? next : next.digest
    if (found.has(digest)) continue
    found.add(digest)
    const bytes = mayBeManifest(next) ? await read(digest) : undefined
    if (bytes !== undefined) queue.push(...children(bytes, childrenOf))
  }
  return found
}

/** As {@link reachable}, for a collection: a manifest that is damaged is named, for what it needs is not known. */
export async function reachableOrDamaged(
  roots: Iterable<Root>,
  read: (digest: Digest) => Promise<Uint8Array | undefined>,
): Promise<{ readonly keep: ReadonlySet<Digest>; readonly damaged: readonly Digest[] }> {
  const damaged: Digest[] = []
  const keep = await reachable(roots, (digest) =>
    read(digest).catch((error: unknown) => {
      if (!(error instanceof ImageError) || error.kind !== 'corrupt') throw error
      damaged.push(digest)
      return undefined
    }),
  )
  return { keep, damaged }
}

/** The descriptors in a manifest or an index. */
export function descriptorsOf(manifest: Manifest | Index): readonly Descriptor[] {
  const subject = manifest.subject === undefined ? [] : [manifest.subject]
  return isIndex(manifest) ? [...manifest.manifests, ...subject] : [manifest.config, ...manifest.layers, ...subject]
}

function mayBeManifest(root: Root): boolean {
  return typeof root === 'string' || isIndexMediaType(root.mediaType) || isManifestMediaType(root.mediaType)
}

function children(bytes: Uint8Array, childrenOf: (manifest: Manifest | Index) => readonly Descriptor[]): readonly Descriptor[] {
  try {
    return childrenOf(parseManifest(bytes))
  } catch (error) {
    if (error instanceof ImageError) return []
    throw error
  }
}
