import { statSync } from 'node:fs'
import { posix } from 'node:path'
import { hasErrno } from '@ct/errors'
import { type MissingTarget, type MountAttributes, type MountOptions, type Operation, parseMountOptions } from '@ct/native'
import type { Cgroup } from '../cgroups/cgroup.ts'
import { RuntimeError } from '../errors.ts'
import type { SpecMount } from '../spec/mount.ts'
import { planCgroupMount } from './cgroup-mount.ts'
import { mountContext, type SecurityModules } from './labels.ts'

/** What planning mounts needs to know about the container. */
export interface MountContext {
  /** Relative sources of binds are below it. */
  readonly bundle: string
  readonly cgroup: Cgroup
  /** User namespace that maps the ids of a mount. Default: none. */
  readonly idMapOf?: ((mount: SpecMount) => string | undefined) | undefined
  readonly modules: SecurityModules
  /** SELinux context of what is in new mounts. Default: the policy's. */
  readonly mountLabel?: string | undefined
}

/** Operations that make the mounts, and those that make read-only at the end what is still written to until then. */
export interface MountPlan {
  readonly operations: readonly Operation[]
  readonly late: readonly Operation[]
}

/** Files of procfs that others may be mounted on, as in runc: imitations of a machine of the container's size. */
const PROC_TARGETS = [
  'cpuinfo',
  'diskstats',
  'meminfo',
  'stat',
  'swaps',
  'uptime',
  'loadavg',
  'slabinfo',
  'sys/kernel/ns_last_pid',
  'sys/crypto/fips_enabled',
].map((file) => `/proc/${file}`)

/** Plans the mounts of a spec in their order. */
export function planMounts(mounts: readonly SpecMount[], context: MountContext): MountPlan {
  const operations: Operation[] = []
  const late: Operation[] = []
  for (const mount of mounts) {
    const target = targetOf(mount)
    const options = parseMountOptions(mount.options ?? [])
    const bind = options.bind ?? (mount.type === 'bind' || mount.type === 'rbind' ? mount.type : undefined)
    if (bind !== undefined)
      operations.push(...planBind(mount, { ...options, bind }, { target, bundle: context.bundle, userNamespace: context.idMapOf?.(mount) }))
    else if (mount.type === 'cgroup' || mount.type === 'cgroup2') {
      operations.push(...planCgroupMount(target, options, context.cgroup))
    } else {
      const isLate = target === '/dev' && options.set.includes('rdonly')
      const set = isLate ? options.set.filter((name) => name !== 'rdonly') : options.set
      const data = [...options.data, ...mountContext(mount.type, options.data, context)]
      operations.push(...planNew(mount, { ...options, set, data }, target))
      if (isLate) late.push({ op: 'attributes', target, attributes: { set: ['rdonly'] } })
    }
  }
  return { operations, late }
}

function targetOf({ destination, type }: SpecMount): string {
  const target = posix.join('/', destination)
  if (target === '/') throw badMount(destination, 'a mount cannot replace the root')
  const trimmed = target.replace(/\/+$/, '')
  if (trimmed.startsWith('/proc/') && !PROC_TARGETS.includes(trimmed)) throw badMount(destination, 'it is inside /proc')
  if (trimmed === '/proc' && type !== 'proc') throw badMount(destination, `/proc must be of type proc, not ${type ?? 'bind'}`)
  return trimmed
}

function planNew({ type, source, destination }: SpecMount, options: MountOptions, target: string): Operation[] {
  if (type === undefined || type === '' || type === 'none') throw badMount(destination, 'it has no type')
  const copyUp = options.copyUp && type === 'tmpfs'
  const mount: Operation = {
    op: 'mount',
    type,
    source: source ?? type,
    target,
    data: options.data,
    attributes: { set: options.set, clear: options.clear },
    attached: attachedAttributes(options),
    missing: 'directory',
    copyUp,
  }
  return [mount]
}

/** Options for a file system mean nothing to a bind, and are left out, as mount(8) does. */
function planBind(
  { source, destination }: SpecMount,
  options: MountOptions,
  { target, bundle, userNamespace }: { readonly target: string; readonly bundle: string; readonly userNamespace: string | undefined },
): Operation[] {
  if (source === undefined || source === '') throw badMount(destination, 'a bind mount needs a source')
  const from = posix.resolve(bundle, source)
  const bind: Operation = {
    op: 'bind',
    source: from,
    target,
    recursive: options.bind === 'rbind',
    attributes: { set: options.set, clear: options.clear },
    attached: attachedAttributes(options),
    missing: kindOf(from, destination),
    userNamespace,
  }
  return [bind]
}

/** What is changed of the mount and those below it once all of them are in their place. */
function attachedAttributes({ recursiveSet, recursiveClear, propagation, isPropagationRecursive }: MountOptions): MountAttributes {
  const recursive = isPropagationRecursive || recursiveSet.length > 0 || recursiveClear.length > 0
  return { set: recursiveSet, clear: recursiveClear, propagation, recursive }
}

function kindOf(source: string, destination: string): MissingTarget {
  try {
    return statSync(source).isDirectory() ? 'directory' : 'file'
  } catch (error) {
    if (!hasErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP')) throw error
    throw badMount(destination, `its source ${source} cannot be used: ${error.code}`, error)
  }
}

function badMount(destination: string, reason: string, cause?: unknown): RuntimeError {
  return new RuntimeError('RUNTIME_BAD_MOUNT', `mount on ${destination}: ${reason}`, { kind: 'invalid', cause })
}
