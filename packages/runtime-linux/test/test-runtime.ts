import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { hasErrno } from '@ct/errors'
import type { ExitRecord } from '@ct/native'
import { detectCgroupLayout } from '../src/cgroups/layout.ts'
import { createRuntime, type DefaultSpecOptions, defaultSpec, type LinuxRuntime, type Spec } from '../src/index.ts'
import { type BusyboxRoot, makeBusyboxRoot } from './busybox-root.ts'

/** What a finished container left. */
export interface Finished extends ExitRecord {
  /** Both streams in the order in which the log has them. */
  readonly output: string
}

/** A runtime with a root file system and a cgroup parent of its own; everything is removed when it is disposed. */
export class TestRuntime implements AsyncDisposable {
  readonly root: BusyboxRoot = makeBusyboxRoot()
  readonly cgroupParent = `ct-test-${process.pid}`
  readonly runtime: LinuxRuntime = createRuntime({ stateDirectory: `${this.root.directory}/state`, cgroupParent: this.cgroupParent })
  #count = 0

  /** A default spec, changed. */
  spec(options: DefaultSpecOptions, change: (spec: Spec) => Spec = (spec) => spec): Spec {
    return change(defaultSpec({ hostname: 'box', ...options }))
  }

  /** Runs a shell script in a container to its end and removes it. */
  async sh(script: string, change?: (spec: Spec) => Spec): Promise<Finished> {
    return this.finish(this.spec({ args: ['sh', '-c', script] }, change))
  }

  /** Runs a container to its end and removes it. */
  async finish(spec: Spec): Promise<Finished> {
    this.#count += 1
    const id = `t${this.#count}`
    const logPath = `${this.root.directory}/${id}.log`
    const { supervisor } = await this.runtime.run(id, { spec, rootfs: this.root.rootfs }, { io: { logPath } })
    const exit = await supervisor.wait()
    await this.runtime.delete(id)
    return { ...exit, output: this.log(logPath) }
  }

  /** The text of a json-file log. */
  log(path: string): string {
    const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []
    return lines.map((line) => String(JSON.parse(line).log)).join('')
  }

  /** Directories that exist below this runtime's cgroup parent, in any hierarchy. */
  cgroupDirectories(path: string): string[] {
    return detectCgroupLayout()
      .hierarchies.map(({ mountPoint }) => `${mountPoint}${path}`)
      .filter((directory) => existsSync(directory))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { id } of await this.runtime.list()) await this.runtime.delete(id, { force: true })
    for (const hierarchy of readdirSync('/sys/fs/cgroup')) removeIfThere(`/sys/fs/cgroup/${hierarchy}/${this.cgroupParent}`)
    this.root[Symbol.dispose]()
  }
}

function removeIfThere(directory: string): void {
  try {
    rmdirSync(directory)
  } catch (error) {
    if (!hasErrno(error, 'ENOENT', 'ENOTDIR')) throw error
  }
}
