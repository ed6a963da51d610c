import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { hasErrno } from '@ct/errors'
import { RuntimeError } from '../errors.ts'
import type { LinuxResources } from '../spec/resources.ts'
import { type Cgroup, directoryOf } from './cgroup.ts'
import type { Controller } from './layout.ts'
import { limitsV1 } from './limits-v1.ts'
import { limitsV2 } from './limits-v2.ts'

/** One file of a cgroup and what is written to it. */
export interface Limit {
  readonly controller: Controller
  readonly file: string
  readonly value: string
  /** Taken where the kernel does not have `file`. */
  readonly otherwise?: { readonly file: string; readonly value: string } | undefined
}

/** Whether the limits need the container's cgroup in the hierarchy of cpuset. */
export function needsCpuset({ cpu }: LinuxResources): boolean {
  return Boolean(cpu?.cpus) || Boolean(cpu?.mems)
}

/**
 * Writes the limits of memory, processors, tasks and block input and output.
 * @throws RuntimeError RUNTIME_UNSUPPORTED when the machine has no such controller, RUNTIME_CGROUP_FAILED when the kernel
 * refuses a value.
 */
export function writeLimits(cgroup: Cgroup, resources: LinuxResources): void {
  const limits = cgroup.layout.version === 1 ? limitsV1(resources) : limitsV2(resources)
  for (const limit of ordered(cgroup, limits)) writeLimit(cgroup, limit)
}

function writeLimit(cgroup: Cgroup, limit: Limit): void {
  const { controller, otherwise } = limit
  const directory = directoryOf(cgroup, controller)
  if (directory === undefined) {
    throw new RuntimeError('RUNTIME_UNSUPPORTED', `${limit.file} cannot be set: this machine has no cgroup controller ${controller}`, {
      kind: 'unsupported',
    })
  }
  const { file, value } = otherwise !== undefined && !existsSync(`${directory}/${limit.file}`) ? otherwise : limit
  try {
    writeFileSync(`${directory}/${file}`, value)
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'EACCES') && !existsSync(`${directory}/${file}`)) {
      throw new RuntimeError('RUNTIME_UNSUPPORTED', `${file} is not a setting of this kernel`, { kind: 'unsupported', cause: error })
    }
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'failed'
    throw new RuntimeError('RUNTIME_CGROUP_FAILED', `${directory}/${file}: writing ${JSON.stringify(value)}: ${reason}`, {
      kind: 'invalid',
      cause: error,
    })
  }
}

/** Version 1: memory alone may never be allowed more than memory and swap together, not even between two writes. */
function ordered(cgroup: Cgroup, limits: readonly Limit[]): readonly Limit[] {
  const swap = limits.find(({ file }) => file === 'memory.memsw.limit_in_bytes')
  const directory = directoryOf(cgroup, 'memory')
  if (swap === undefined || directory === undefined) return limits
  const wanted = swap.value === '-1' ? Number.POSITIVE_INFINITY : Number(swap.value)
  const present = Number(readFileSync(`${directory}/memory.memsw.limit_in_bytes`, 'utf8'))
  return wanted > present ? [swap, ...limits.filter((limit) => limit !== swap)] : limits
}
