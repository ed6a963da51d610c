import type { Descriptor } from './descriptor.ts'
import type { Digest } from './digest.ts'
import { ImageError } from './errors.ts'
import { isInternalReference } from './internal-reference.ts'
import { type Index, isIndex, type Manifest } from './manifest.ts'
import { reachable } from './reachable.ts'
import { readBlob } from './read-blob.ts'
import type { CallOptions, ImageStore } from './target.ts'
import { verified } from './verified.ts'

/** Something wrong with a store. */
export interface StoreProblem {
  /**
   * `damaged`: a blob has other bytes than its digest says; `missing`: something names a blob that is not there; `unreadable`: the
   * record of a reference.
   */
  readonly problem: 'damaged' | 'missing' | 'unreadable'
  /** Absent for an unreadable reference. */
  readonly digest?: Digest
  /** References of the images that need it; empty for a blob that nothing needs. */
  readonly neededBy: readonly string[]
  /** What is wrong, and where. */
  readonly message: string
  /** What to do about it. */
  readonly hint: string
}

/** Options of {@link checkStore}. */
export interface CheckStoreOptions extends CallOptions {
  readonly onProgress?: ((progress: { readonly checkedBlobs: number; readonly checkedBytes: number }) => void) | undefined
}

/** Reads every blob of a store and follows every reference; tells of all that is damaged or missing, and changes nothing. */
export async function checkStore(store: ImageStore, { signal, onProgress }: CheckStoreOptions = {}): Promise<readonly StoreProblem[]> {
  const problems: StoreProblem[] = []
  const all = await store.listRefs(undefined, { hasInternal: true, onUnreadable: (error) => problems.push(unreadable(error)) })
  const references = all.filter(({ reference }) => !isInternalReference(reference))
  const damaged = new Set<Digest>()
  const present = new Set<Digest>()
  let checkedBytes = 0
  for await (const blob of store.list()) {
    signal?.throwIfAborted()
    present.add(blob.digest)
    if (!(await isIntact(store, blob, signal))) damaged.add(blob.digest)
    checkedBytes += blob.size
    onProgress?.({ checkedBlobs: present.size, checkedBytes })
  }
  const neededBy = await needsOf(store, references, (digest) => present.has(digest) && !damaged.has(digest))
  for (const digest of damaged) problems.push(damage(digest, neededBy.get(digest) ?? []))
  for (const [digest, names] of neededBy) if (!present.has(digest)) problems.push(absence(digest, names))
  return problems
}

async function isIntact(
  store: ImageStore,
  blob: { readonly digest: Digest; readonly size: number },
  signal?: AbortSignal,
): Promise<boolean> {
  const descriptor = { mediaType: 'application/octet-stream', ...blob }
  try {
    for await (const _ of verified(descriptor, store.fetch(descriptor, { verify: false, signal }))) signal?.throwIfAborted()
    return true
  } catch (error) {
    if (error instanceof ImageError && error.kind === 'corrupt') return false
    throw error
  }
}

/** Which references need what; a damaged manifest says nothing any more about what it needs. */
async function needsOf(
  store: ImageStore,
  references: readonly { readonly reference: string; readonly descriptor: Descriptor }[],
  isReadable: (digest: Digest) => boolean,
): Promise<ReadonlyMap<Digest, readonly string[]>> {
  const needed = new Map<Digest, string[]>()
  const known = new Map<Digest, Uint8Array | undefined>()
  const read = async (digest: Digest): Promise<Uint8Array | undefined> => {
    if (!known.has(digest)) known.set(digest, isReadable(digest) ? await readDocument(store, digest) : undefined)
    return known.get(digest)
  }
  for (const { reference, descriptor } of references)
    for (const digest of await reachable([descriptor], read, mustBeHere)) needed.set(digest, [...(needed.get(digest) ?? []), reference])
  return needed
}

/** What a manifest is about may be elsewhere, or come later, and so may layers that have addresses of their own. */
function mustBeHere(manifest: Manifest | Index): readonly Descriptor[] {
  return isIndex(manifest) ? manifest.manifests : [manifest.config, ...manifest.layers.filter(({ urls }) => urls === undefined)]
}

async function readDocument(store: ImageStore, digest: Digest): Promise<Uint8Array | undefined> {
  const info = await store.info(digest)
  try {
    return info && (await readBlob(store, { mediaType: 'application/json', digest, size: info.size }))
  } catch (error) {
    if (error instanceof ImageError && error.code === 'IMAGE_TOO_LARGE') return undefined
    throw error
  }
}

function damage(digest: Digest, neededBy: readonly string[]): StoreProblem {
  const hint = neededBy.length === 0 ? 'remove it' : 'remove it, then pull or push again what needs it'
  return { problem: 'damaged', digest, neededBy, message: `blob ${digest} does not have the bytes of its digest`, hint }
}

function absence(digest: Digest, neededBy: readonly string[]): StoreProblem {
  return { problem: 'missing', digest, neededBy, message: `blob ${digest} is not there`, hint: 'pull or push again what needs it' }
}

function unreadable(error: ImageError): StoreProblem {
  return { problem: 'unreadable', neededBy: [], message: error.message, hint: 'remove the file, then tag the image again' }
}
