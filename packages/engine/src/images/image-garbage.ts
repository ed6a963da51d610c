import type { Snapshotter } from '@ct/layerfs'
import type { ImageCatalog } from './image-catalog.ts'
import type { ImageUsage } from './image-usage.ts'

/** What else is needed to know what nobody needs. */
export interface ImageGarbageOptions {
  readonly snapshotter: Snapshotter
  readonly usage: ImageUsage
  readonly log: (line: string) => void
}

/** Removes blobs and snapshots that no image and no container needs. While an image is coming in, it waits until that has ended. */
export class ImageGarbage {
  readonly #catalog: ImageCatalog
  readonly #snapshotter: Snapshotter
  readonly #usage: ImageUsage
  readonly #log: (line: string) => void
  #arriving = 0
  #isDue = false
  #collecting: Promise<number> = Promise.resolve(0)

  constructor(catalog: ImageCatalog, { snapshotter, usage, log }: ImageGarbageOptions) {
    this.#catalog = catalog
    this.#snapshotter = snapshotter
    this.#usage = usage
    this.#log = log
  }

  /** Runs a task that brings images in, whose blobs and snapshots are not yet those of an image. */
  async whileArriving<Result>(task: () => Promise<Result>): Promise<Result> {
    using _lease = this.#catalog.store.lease()
    this.#arriving += 1
    try {
      await this.#collecting
      return await task()
    } finally {
      this.#arriving -= 1
      if (this.#arriving === 0 && this.#isDue) await this.collect()
    }
  }

  /** Collects now, or when the last image that is coming in has arrived; gives the bytes freed now. */
  async collect(): Promise<number> {
    this.#isDue = this.#arriving > 0
    if (this.#isDue) return 0
    const collecting = this.#collecting.then(() => this.#collectAll())
    this.#collecting = collecting.catch(() => 0)
    return collecting
  }

  async #collectAll(): Promise<number> {
    const blobs = await this.#catalog.store.collect(this.#catalog.all().map(({ manifest }) => manifest.digest))
    if (blobs.damaged.length > 0) this.#log(`no blob is removed, as these manifests are damaged: ${blobs.damaged.join(', ')}`)
    return blobs.freedBytes + (await this.#collectSnapshots())
  }

  async #collectSnapshots(): Promise<number> {
    const parents = new Map<string, string | undefined>()
    const needed = new Set<string>()
    const mark = (key: string | undefined): void => {
      for (let at = key; at !== undefined && at !== '' && !needed.has(at); at = parents.get(at)) needed.add(at)
    }
    const committed: string[] = []
    const roots: (string | undefined)[] = []
    for await (const { key, kind, parent } of this.#snapshotter.list()) {
      parents.set(key, parent)
      if (kind === 'committed') committed.push(key)
      else roots.push(key)
    }
    for (const key of roots) mark(key)
    for (const { chainId } of this.#catalog.all()) mark(chainId)
    for (const { chainId } of this.#usage.users()) mark(chainId)
    let freedBytes = 0
    for (const key of childrenFirst(
      committed.filter((name) => !needed.has(name)),
      parents,
    )) {
      freedBytes += (await this.#snapshotter.usage(key)).sizeBytes
      await this.#snapshotter.remove(key)
    }
    return freedBytes
  }
}

function childrenFirst(keys: readonly string[], parents: ReadonlyMap<string, string | undefined>): string[] {
  const depth = (key: string | undefined): number => (key === undefined || key === '' ? 0 : 1 + depth(parents.get(key)))
  return [...keys].sort((a, b) => depth(b) - depth(a))
}
