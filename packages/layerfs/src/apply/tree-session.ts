import { openTreeWriter, type TreeMeta, type TreeTarget, type TreeWriter } from '@ct/native'
import { BroughtEntries } from './brought-entries.ts'
import { pathBytes } from './layer-path.ts'

/** The metadata of a directory that a layer has entries in without saying anything about it. */
export const IMPLIED_META: TreeMeta = { mode: 0o755, uid: 0, gid: 0, mtimeNs: 0n }

/** A tree that a layer is being written into, and what the layer has brought and still has to say about directories. */
export class TreeSession implements AsyncDisposable {
  readonly brought = new BroughtEntries()
  /** Directories get their metadata last, as their times change with what is written into them. */
  readonly directories = new Map<string, TreeMeta>()
  readonly target: TreeTarget
  readonly signal: AbortSignal | undefined
  #writer: TreeWriter

  private constructor(target: TreeTarget, writer: TreeWriter, signal: AbortSignal | undefined) {
    this.target = target
    this.signal = signal
    this.#writer = writer
  }

  static async open(target: TreeTarget, signal: AbortSignal | undefined): Promise<TreeSession> {
    return new TreeSession(target, await openTreeWriter(target, { signal }), signal)
  }

  get writer(): TreeWriter {
    return this.#writer
  }

  /** Lets `look` see the tree with all that was written so far, then goes on writing. */
  async pause<Result>(look: () => Promise<Result>): Promise<Result> {
    await this.#writer.finish()
    const result = await look()
    this.#writer = await openTreeWriter(this.target, { signal: this.signal })
    return result
  }

  /** Makes a directory that more is going to be said about. */
  makeDirectory(path: string, meta: TreeMeta): void {
    this.#writer.directory(pathBytes(path), meta)
    this.directories.set(path, meta)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#writer[Symbol.asyncDispose]()
  }
}
