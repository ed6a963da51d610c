import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { hasErrno } from '@ct/errors'
import { RuntimeError } from '../errors.ts'
import type { LinuxResources } from '../spec/resources.ts'
import { type Cgroup, directoryOf } from './cgroup.ts'
import type { CgroupLayout, Controller } from './layout.ts'
import { limitsV1 } from './limits-v1.ts'
import { limitsV2 } from './limits-v2.ts'

/** One file of a cgroup and what is written to it. */
export interface Limit {
  readonly controller: Controller
  readonly file: string
  /** A value that keeps part of what is there is made from it: `present` reads a file of the cgroup. */
  readonly value: string | ((present: (file: string) => string) => string)
  /** Taken where the kernel does not have `file`. */
  readonly otherwise?: { readonly file: string; readonly value: string } | undefined
  /** Says nothing that does not hold anyway where the kernel does not have `file`. Default: false. */
  readonly isOptional?: boolean | undefined
}

/** The controllers that limits need, of those whose hierarchies a cgroup is not in by itself. */
export function demandedControllers({ version }: CgroupLayout, resources: LinuxResources): Controller[] {
  return version === 1 ? limitsV1(resources).map(({ controller }) => controller) : []
}

/**
 * Writes the limits, all of them but device rules. Some are only valid together (a period and a quota; memory, and memory
 * with swap) and the right order depends on what is there: what the kernel refuses is tried again after the others.
 * @throws RuntimeError RUNTIME_UNSUPPORTED when the machine has no such controller, RUNTIME_CGROUP_FAILED when the kernel
 * refuses a value, or more memory is used than `checkBeforeUpdate` lets a new limit be.
 */
export function writeLimits(cgroup: Cgroup, resources: LinuxResources): void {
  checkMemory(cgroup, resources)
  const limits = cgroup.layout.version === 1 ? limitsV1(resources) : limitsV2(resources)
  const refused = limits.filter((limit) => !writeLimit(cgroup, limit, { isLast: false }))
  for (const limit of refused) writeLimit(cgroup, limit, { isLast: true })
}

/** False when the kernel finds the value wrong as things are, and others are still to be written. */
function writeLimit(cgroup: Cgroup, limit: Limit, { isLast }: { readonly isLast: boolean }): boolean {
  const directory = directoryOf(cgroup, limit.controller)
  if (directory === undefined) {
    throw unsupported(`${limit.file} cannot be set: ${reasonOf(cgroup, limit.controller)}`)
  }
  const isThere = existsSync(`${directory}/${limit.file}`)
  if (!isThere && limit.isOptional) return true
  const { file, value } = isThere ? limit : (limit.otherwise ?? limit)
  const path = `${directory}/${file}`
  if (!existsSync(path)) {
    const isLacking = isHandedDown(cgroup, directory, limit.controller)
    throw unsupported(
      isLacking ? `${file} is not a setting of this kernel` : `${file} cannot be set: ${reasonOf(cgroup, limit.controller)}`,
    )
  }
  const text = typeof value === 'string' ? value : value((name) => readFileSync(`${directory}/${name}`, 'utf8').trim())
  try {
    writeFileSync(path, text)
    return true
  } catch (error) {
    if (!isLast && hasErrno(error, 'EINVAL', 'EBUSY')) return false
    throw refusal(path, text, error)
  }
}

/** Version 2: whether the cgroup has been given the controller; those above it may keep it to themselves. */
function isHandedDown({ layout }: Cgroup, directory: string, controller: Controller): boolean {
  if (layout.version === 1 || controller === 'cgroup') return true
  return readFileSync(`${directory}/cgroup.controllers`, 'utf8').trim().split(' ').includes(controller)
}

function reasonOf({ layout }: Cgroup, controller: Controller): string {
  const isThere = layout.hierarchies.some(({ controllers }) => controllers.includes(controller))
  return isThere
    ? `the cgroup controller ${controller} is not delegated to this user`
    : `this machine has no cgroup controller ${controller}`
}

function refusal(path: string, value: string, cause: unknown): RuntimeError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'failed'
  const hint = path.includes('/memory.') && reason === 'EBUSY' ? 'more memory is in use' : undefined
  return new RuntimeError('RUNTIME_CGROUP_FAILED', `${path}: writing ${JSON.stringify(value)}: ${reason}`, { kind: 'invalid', hint, cause })
}

/** A limit below what is in use makes version 2 reclaim, and then kill. */
function checkMemory(cgroup: Cgroup, { memory }: LinuxResources): void {
  const directory = directoryOf(cgroup, 'memory')
  if (!memory?.checkBeforeUpdate || directory === undefined || memory.limit === undefined || memory.limit <= 0) return
  const file = cgroup.layout.version === 1 ? 'memory.usage_in_bytes' : 'memory.current'
  const used = Number(readFileSync(`${directory}/${file}`, 'utf8'))
  if (used <= memory.limit) return
  throw new RuntimeError('RUNTIME_CGROUP_FAILED', `a memory limit of ${memory.limit} is less than the ${used} bytes in use`, {
    kind: 'conflict',
  })
}

function unsupported(message: string): RuntimeError {
  return new RuntimeError('RUNTIME_UNSUPPORTED', message, { kind: 'unsupported' })
}
