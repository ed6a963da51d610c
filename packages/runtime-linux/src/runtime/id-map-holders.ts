import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { launch, parseMountOptions, type Supervisor } from '@ct/native'
import { planIdMapping } from '../plan/run-plan.ts'
import type { LinuxIdMapping } from '../spec/linux.ts'
import type { SpecMount } from '../spec/mount.ts'
import type { Spec } from '../spec/spec.ts'
import { SIGKILL } from './signals.ts'

/**
 * User namespaces for mounts with mapped ids, each held by a process as long as the mounts are being made. A mount
 * without maps of its own has the container's.
 */
export class IdMapHolders implements AsyncDisposable {
  readonly #directory: string
  readonly #byMaps = new Map<string, Supervisor>()
  readonly #paths = new Map<SpecMount, string>()

  private constructor(directory: string) {
    this.#directory = directory
  }

  /** Makes the namespaces that the mounts of a spec need. */
  static async open(spec: Spec, directory: string): Promise<IdMapHolders> {
    const holders = new IdMapHolders(directory)
    try {
      for (const mount of spec.mounts ?? []) await holders.#add(mount, spec)
      return holders
    } catch (error) {
      await holders[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Path of the user namespace for a mount; undefined when its ids are not mapped. */
  pathOf(mount: SpecMount): string | undefined {
    return this.#paths.get(mount)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const holder of this.#byMaps.values()) {
      await holder.kill(SIGKILL)
      await holder.wait()
      rmSync(exitPathOf(holder.socketPath))
    }
  }

  async #add(mount: SpecMount, { linux }: Spec): Promise<void> {
    const isMapped = Boolean(mount.uidMappings?.length) || parseMountOptions(mount.options ?? []).idMap !== undefined
    if (!isMapped) return
    const joined = linux?.namespaces?.find(({ type, path }) => type === 'user' && path)?.path
    if (joined && !mount.uidMappings?.length) this.#paths.set(mount, joined)
    else {
      const own = mount.uidMappings?.length ? mount : (linux ?? {})
      this.#paths.set(mount, await this.#hold(own.uidMappings ?? [], own.gidMappings ?? []))
    }
  }

  async #hold(uidMappings: readonly LinuxIdMapping[], gidMappings: readonly LinuxIdMapping[]): Promise<string> {
    const key = JSON.stringify([uidMappings, gidMappings])
    const socketPath = `${this.#directory}/idmap-${randomBytes(4).toString('hex')}`
    const holder =
      this.#byMaps.get(key) ??
      (await launch({
        supervisor: { socketPath, exitPath: exitPathOf(socketPath), stdio: 'closed-stdin' },
        namespaces: [{ type: 'user' }],
        uidMappings: uidMappings.map(planIdMapping),
        gidMappings: gidMappings.map(planIdMapping),
        cgroupProcs: [],
        operations: [{ op: 'hold' }],
      }))
    this.#byMaps.set(key, holder)
    return `/proc/${holder.pid}/ns/user`
  }
}

/** Where its supervisor says how a holder ended. */
function exitPathOf(socketPath: string): string {
  return `${socketPath}.exit`
}
