import { Cleanup } from './cleanup.ts'
import { Ct } from './ct.ts'
import { scratchDirectory } from './scratch.ts'
import { TOOLS } from './tools-image.ts'

/** A scratch directory with a ct daemon in it, for one suite. */
export class Stage implements AsyncDisposable {
  readonly cleanup: Cleanup
  readonly directory: string
  readonly ct: Ct

  private constructor(cleanup: Cleanup, directory: string, ct: Ct) {
    this.cleanup = cleanup
    this.directory = directory
    this.ct = ct
  }

  static async open(name: string): Promise<Stage> {
    const cleanup = new Cleanup()
    const { path } = cleanup.use(await scratchDirectory(name))
    return new Stage(cleanup, path, cleanup.use(await Ct.start(path)))
  }

  /** The same, with an image `tools` of this machine's busybox in it. */
  static async withTools(name: string): Promise<Stage> {
    const stage = await Stage.open(name)
    await stage.ct.output(['pack', '--name', 'tools', '--cmd', '/bin/sh', ...TOOLS])
    return stage
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cleanup[Symbol.asyncDispose]()
  }
}
