import { randomUUID } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { hasErrno, isCtError } from '@ct/errors'
import type { Source } from '@ct/image'
import type { TreeTarget } from '@ct/native'
import { type AppliedLayer, applyLayer } from '../apply/apply-layer.ts'
import type { WhiteoutMode } from '../apply/layer-applier.ts'
import type { LayerLimits } from '../apply/layer-limits.ts'
import { decompress } from '../compression/decompress.ts'
import { inheritRoot } from '../snapshots/inherit-root.ts'
import type { OverlaySnapshotter } from '../snapshots/overlay-snapshotter.ts'
import type { ImageLayer, UnpackProgress } from './unpack.ts'

/** What a {@link LayerUnpacker} is to do. */
export interface LayerPlan {
  readonly layer: ImageLayer
  /** The snapshot it becomes, and the one below. */
  readonly name: string
  readonly parent: string | undefined
  readonly limits: LayerLimits | undefined
  readonly signal: AbortSignal
  readonly onState: (state: UnpackProgress['state'], extractedBytes: number) => void
}

/**
 * Unpacks one layer in two steps: extracted without the layers below, which may not be there yet, then committed on
 * top of them. The few layers that need them (for a hard link to one of their files, or for a directory that the layer
 * has entries in but says nothing about) are then written again, through an overlay mount.
 */
export class LayerUnpacker {
  readonly #source: Source
  readonly #snapshotter: OverlaySnapshotter
  readonly #plan: LayerPlan
  #key: string | undefined
  #applied: AppliedLayer | undefined

  constructor(source: Source, snapshotter: OverlaySnapshotter, plan: LayerPlan) {
    this.#source = source
    this.#snapshotter = snapshotter
    this.#plan = plan
  }

  async extract(): Promise<void> {
    this.#plan.signal.throwIfAborted()
    const key = await this.#prepare()
    try {
      this.#applied = await this.#apply({ path: await this.#snapshotter.upperDirectory(key) }, 'overlay')
    } catch (error) {
      if (!isCtError(error) || error.code !== 'LAYERFS_NOT_SELF_CONTAINED') throw error
    }
  }

  /** To be called once the layer below is committed. */
  async commit(): Promise<void> {
    const { name, parent, onState } = this.#plan
    if (this.#applied === undefined || (await this.#dependsOnLower(this.#applied))) await this.#extractAgain()
    else await this.#inheritRoot(this.#applied)
    const key = this.#key ?? ''
    // Somebody else may have unpacked the same image meanwhile.
    if ((await this.#snapshotter.find(name)) === undefined) {
      await this.#snapshotter.commit(name, key, { parent })
      this.#key = undefined
    }
    await this.discard()
    onState('done', this.#applied?.sizeBytes ?? 0)
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
    const body = decompress(this.#source.fetch(layer.descriptor, { signal, verify: false }))
    return applyLayer(body, target, {
      whiteouts,
      expectedDiffId: layer.diffId,
      limits,
      signal,
      onProgress: (extractedBytes) => onState('extracting', extractedBytes),
    })
  }

  async #extractAgain(): Promise<void> {
    await this.discard()
    const key = await this.#prepare(this.#plan.parent)
    this.#applied = await this.#apply({ mounts: await this.#snapshotter.mounts(key) }, 'remove')
  }

  /** Whether a directory that the layer implies is there below, in whatever form: only the kernel then merges it right. */
  async #dependsOnLower({ impliedDirectories }: AppliedLayer): Promise<boolean> {
    const implied = impliedDirectories.filter((path) => !isRoot(path))
    if (this.#plan.parent === undefined || implied.length === 0) return false
    const lowers = await this.#snapshotter.layerDirectories(this.#plan.parent)
    return lowers.some((lower) => implied.some((path) => exists(Buffer.concat([Buffer.from(`${lower}/`), path]))))
  }

  async #inheritRoot({ impliedDirectories }: AppliedLayer): Promise<void> {
    const { parent } = this.#plan
    if (parent === undefined || this.#key === undefined || !impliedDirectories.some(isRoot)) return
    const [below] = await this.#snapshotter.layerDirectories(parent)
    if (below !== undefined) inheritRoot(await this.#snapshotter.upperDirectory(this.#key), below)
  }
}

function isRoot(path: Uint8Array): boolean {
  return path.length === 1 && path[0] === 0x2e
}

/** Also what is no directory counts, and a link that leads nowhere. */
function exists(path: Buffer): boolean {
  try {
    lstatSync(path)
    return true
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return false
    throw error
  }
}
