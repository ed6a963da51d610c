import { isCtError } from '@ct/errors'
import { bodyOf } from './body-of.ts'
import { chooseManifest, MAX_INDEX_DEPTH, tooDeep } from './choose-manifest.ts'
import type { Descriptor } from './descriptor.ts'
import type { Digest } from './digest.ts'
import { ImageError } from './errors.ts'
import { isIndex, parseManifest } from './manifest.ts'
import { isIndexMediaType, isManifestMediaType } from './media-types.ts'
import { hostPlatform, type Platform } from './platform.ts'
import { RateMeter } from './rate-meter.ts'
import { readBlob } from './read-blob.ts'
import type { Source, Target } from './target.ts'

/** How far one blob or manifest of a copy is. */
export interface CopyProgress {
  readonly descriptor: Descriptor
  readonly state: 'waiting' | 'transferring' | 'exists' | 'done'
  readonly transferredBytes: number
  /** Over the last second or two; while transferring only. */
  readonly bytesPerSecond?: number
}

/** Options of {@link copy}. */
export interface CopyOptions {
  /** The reference at the target. @default the one at the source */
  readonly as?: string | undefined
  /** Which image of an index; `'all'` copies the index and everything in it. @default this machine's */
  readonly platform?: Platform | 'all' | undefined
  /**
   * Also what has the image, or a part of it, as its subject: signatures, bills of material. They are copied under their digests. The
   * source must be able to tell (a registry can). @default false
   */
  readonly referrers?: boolean | undefined
  /** Blobs on their way at once. @default 3 */
  readonly concurrency?: number | undefined
  /** An aborted copy leaves whole blobs behind, which the next one finds. */
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((event: CopyProgress) => void) | undefined
}

/** What there is to copy, children before parents. */
interface Graph {
  readonly blobs: Map<Digest, Descriptor>
  readonly manifests: Map<Digest, { readonly descriptor: Descriptor; readonly bytes: Uint8Array }>
  manifestBytes: number
}

const maxGraphBytes = 64 * 1024 * 1024

/**
 * Copies an image from any source to any target: what is missing only, blobs in parallel and before manifests, the reference last.
 * Returns the descriptor that the reference stands for at the target.
 */
export async function copy(from: Source, to: Target, ref: string, options: CopyOptions = {}): Promise<Descriptor> {
  const { as = ref, platform = hostPlatform(), referrers = false, concurrency = 3, signal, onProgress = () => undefined } = options
  signal?.throwIfAborted()
  using _lease = to.lease?.()
  const resolved = await from.resolve(ref, { signal })
  const root = platform === 'all' ? resolved : await chooseManifest(from, resolved, { platform, signal })
  if (!referrers && (await isUpToDate(to, as, { root, signal }))) {
    onProgress({ descriptor: root, state: 'exists', transferredBytes: 0 })
    return root
  }
  const graph: Graph = { blobs: new Map(), manifests: new Map(), manifestBytes: 0 }
  await readGraph(from, root, { graph, signal, depth: 0 })
  if (referrers) await readReferrers(from, { graph, signal })
  for (const descriptor of graph.blobs.values()) onProgress({ descriptor, state: 'waiting', transferredBytes: 0 })
  await inParallel([...graph.blobs.values()], { concurrency, signal }, (descriptor, abort) =>
    copyBlob(from, to, { descriptor, signal: abort, onProgress }),
  )
  for (const { descriptor, bytes } of graph.manifests.values()) {
    signal?.throwIfAborted()
    const exists = await to.has(descriptor, { signal })
    if (!exists) await to.push(descriptor, bodyOf(bytes), { signal })
    onProgress({ descriptor, state: exists ? 'exists' : 'done', transferredBytes: exists ? 0 : descriptor.size })
  }
  signal?.throwIfAborted()
  await to.tag(root, as, { signal })
  return root
}

/** Whether the reference stands for the image already, which only some targets vouch for as a whole. */
async function isUpToDate(
  to: Target,
  ref: string,
  { root, signal }: { readonly root: Descriptor; readonly signal: AbortSignal | undefined },
): Promise<boolean> {
  if (to.isComplete !== true) return false
  try {
    return (await to.resolve(ref, { signal })).digest === root.digest
  } catch (error) {
    if (isCtError(error) && error.kind === 'not-found') return false
    throw error
  }
}

async function readGraph(
  from: Source,
  descriptor: Descriptor,
  options: { readonly graph: Graph; readonly signal: AbortSignal | undefined; readonly depth: number },
): Promise<void> {
  const { graph, signal, depth } = options
  const { blobs, manifests } = graph
  if (!isIndexMediaType(descriptor.mediaType) && !isManifestMediaType(descriptor.mediaType)) {
    blobs.set(descriptor.digest, descriptor)
    return
  }
  if (manifests.has(descriptor.digest)) return
  if (depth > MAX_INDEX_DEPTH) throw tooDeep(descriptor)
  const bytes = await readBlob(from, descriptor, { signal })
  const manifest = parseManifest(bytes, descriptor)
  for (const child of isIndex(manifest) ? manifest.manifests : [manifest.config, ...manifest.layers]) {
    if (isIndex(manifest)) await readGraph(from, child, { ...options, depth: depth + 1 })
    else blobs.set(child.digest, child)
  }
  manifests.set(descriptor.digest, { descriptor, bytes })
  graph.manifestBytes += bytes.byteLength
  if (graph.manifestBytes > maxGraphBytes) {
    throw new ImageError('IMAGE_TOO_LARGE', `the manifests below ${descriptor.digest} have more than ${maxGraphBytes} bytes`, {
      kind: 'exhausted',
    })
  }
}

/** Adds the referrers of everything in the graph, and theirs; a subject comes before those that refer to it. */
async function readReferrers(
  from: Source,
  { graph, signal }: { readonly graph: Graph; readonly signal: AbortSignal | undefined },
): Promise<void> {
  if (from.referrers === undefined) return
  // A map gives its new entries to a loop that is under way.
  for (const { descriptor } of graph.manifests.values()) {
    for await (const referrer of from.referrers(descriptor, { signal })) await readGraph(from, referrer, { graph, signal, depth: 0 })
  }
}

async function copyBlob(
  from: Source,
  to: Target,
  { descriptor, signal, onProgress }: { descriptor: Descriptor; signal: AbortSignal; onProgress: (event: CopyProgress) => void },
): Promise<void> {
  if ((await to.has(descriptor, { signal })) || (await to.mount?.(descriptor, from, { signal }))) {
    onProgress({ descriptor, state: 'exists', transferredBytes: 0 })
    return
  }
  const open = (offset: number) => {
    const rate = new RateMeter(offset)
    const body = from.fetch(descriptor, { signal, offset, verify: false, transient: to.takesTransient === true })
    return counted(body, (bytes) => {
      const transferredBytes = offset + bytes
      onProgress({ descriptor, state: 'transferring', transferredBytes, bytesPerSecond: rate.measure(transferredBytes) })
    })
  }
  await to.push(descriptor, open(0), { signal, reopen: open })
  onProgress({ descriptor, state: 'done', transferredBytes: descriptor.size })
}

/** Runs `work` for every item, some at once. The first failure aborts the rest; it is thrown when all have ended. */
async function inParallel<T>(
  items: readonly T[],
  { concurrency, signal }: { readonly concurrency: number; readonly signal: AbortSignal | undefined },
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController()
  const abort = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal])
  const queue = items.values()
  const worker = async () => {
    for (const item of queue) {
      abort.throwIfAborted()
      await work(item, abort)
    }
  }
  const workers = Array.from({ length: Math.max(1, concurrency) }, () =>
    worker().catch((error: unknown) => {
      failed.abort(error)
      throw error
    }),
  )
  await Promise.allSettled(workers)
  abort.throwIfAborted()
}

async function* counted(body: AsyncIterable<Uint8Array>, onBytes: (total: number) => void): AsyncGenerator<Uint8Array, void, undefined> {
  let total = 0
  for await (const chunk of body) {
    yield chunk
    total += chunk.byteLength
    onBytes(total)
  }
}
