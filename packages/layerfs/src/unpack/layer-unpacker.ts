import { randomUUID } from 'node:crypto'
import { isCtError } from '@ct/errors'
import type { ImageLayer, Source } from '@ct/image'
import type { TreeTarget } from '@ct/native'
import { type AppliedLayer, applyLayer } from '../apply/apply-layer.ts'
import type { WhiteoutMode } from '../apply/layer-applier.ts'
import type { LayerLimits } from '../apply/layer-limits.ts'
import { decompress } from '../compression/decompress.ts'
import { DirectorySnapshotter } from '../snapshots/directory-snapshotter.ts'
import { OverlaySnapshotter } from '../snapshots/overlay-snapshotter.ts'
import type { Snapshotter } from '../snapshots/snapshotter.ts'
import { inheritDirectories } from './inherit-directories.ts'
import type { UnpackProgress } from './unpack.ts'

/** What a {@link LayerUnpacker} is to do. */
export interface LayerPlan {
  readonly layer: ImageLayer
  /** The snapshot it becomes, and the one below. */
  readonly name: string
  readonly parent: string | undefined
  readonly limits: LayerLimits | undefined
  readonly signal: AbortSignal
  readonly onState: (state: UnpackProgress['state'], readBytes: number) => void
}

/**
 * Unpacks one layer in two steps: extracted without the layers below, which may not be there yet, then committed on
 * top of them. The few layers that need those (for a hard link to one of their files, or an entry through one of their
 * links) are then written again, through a mount. So is every layer, once, where a snapshotter does not stack directories.
 */
export class LayerUnpacker {
  readonly #source: Source
  readonly #snapshotter: Snapshotter
  readonly #plan: LayerPlan
  #key: string | undefined
  #applied: AppliedLayer | undefined

  constructor(source: Source, snapshotter: Snapshotter, plan: LayerPlan) {
    this.#source = source
    this.#snapshotter = snapshotter
    this.#plan = plan
  }

  async extract(): Promise<void> {
    this.#plan.signal.throwIfAborted()
    const snapshotter = this.#snapshotter
    if (!(snapshotter instanceof OverlaySnapshotter)) return
    const key = await this.#prepare()
    try {
      this.#applied = await this.#apply({ path: await snapshotter.upperDirectory(key) }, snapshotter.whiteouts)
    } catch (error) {
      if (!isCtError(error) || error.code !== 'LAYERFS_NOT_SELF_CONTAINED') throw error
    }
  }

  /** To be called once the layer below is committed. */
  async commit(): Promise<void> {
    const { layer, name, parent, onState } = this.#plan
    if (!(await this.#fitsLower())) await this.#extractAgain()
    try {
      const key = this.#key ?? ''
      if (this.#snapshotter instanceof DirectorySnapshotter)
        await this.#snapshotter.commit(name, key, { parent, usage: this.#applied?.usage, isRecreatable: true })
      else await this.#snapshotter.commit(name, key)
      this.#key = undefined
    } catch (error) {
      // Somebody else may have unpacked the same image meanwhile.
      if (!isCtError(error) || error.code !== 'SNAPSHOT_EXISTS') throw error
    }
    await this.discard()
    onState('done', layer.descriptor.size)
  }

  /** Removes what was not committed. */
  async discard(): Promise<void> {
    const key = this.#key
    this.#key = undefined
    if (key !== undefined) await this.#snapshotter.remove(key)
  }

  async #prepare(parent?: string): Promise<string> {
    const key = `unpack-${randomUUID()}`
    await this.#snapshotter.prepare(key, parent, { isTemporary: true })
    this.#key = key
    return key
  }

  #apply(target: TreeTarget, whiteouts: WhiteoutMode): Promise<AppliedLayer> {
    const { layer, limits, signal, onState } = this.#plan
    onState('extracting', 0)
    let readBytes = 0
    const blob = counted(this.#source.fetch(layer.descriptor, { signal, verify: false, transient: true }), (bytes) => {
      readBytes += bytes
    })
    return applyLayer(decompress(blob, 'auto', { maxRatio: limits?.maxRatio, transient: true }), target, {
      whiteouts,
      expectedDiffId: layer.diffId,
      limits,
      signal,
      onProgress: () => onState('extracting', readBytes),
    })
  }

  async #fitsLower(): Promise<boolean> {
    if (this.#applied === undefined || this.#key === undefined) return false
    if (this.#plan.parent === undefined || !(this.#snapshotter instanceof OverlaySnapshotter)) return true
    const lowers = await this.#snapshotter.layerDirectories(this.#plan.parent)
    return inheritDirectories(await this.#snapshotter.upperDirectory(this.#key), lowers, this.#applied.impliedDirectories)
  }

  async #extractAgain(): Promise<void> {
    await this.discard()
    const key = await this.#prepare(this.#plan.parent)
    this.#applied = await this.#apply({ mounts: await this.#snapshotter.mounts(key) }, 'remove')
  }
}

async function* counted(body: AsyncIterable<Uint8Array>, onRead: (bytes: number) => void): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of body) {
    onRead(chunk.length)
    yield chunk
  }
}
