import { readFileSync, statfsSync } from 'node:fs'
import { hasErrno } from '@ct/errors'

/** The controllers that this runtime uses; `cgroup` stands for the files that every cgroup of version 2 has. */
export type Controller =
  | 'cgroup'
  | 'memory'
  | 'cpu'
  | 'cpuacct'
  | 'cpuset'
  | 'pids'
  | 'devices'
  | 'freezer'
  | 'blkio'
  | 'io'
  | 'hugetlb'
  | 'net_cls'
  | 'net_prio'
  | 'rdma'

/** One mounted cgroup file system and the controllers in it. */
export interface Hierarchy {
  readonly mountPoint: string
  readonly controllers: readonly Controller[]
}

/**
 * How this machine has its cgroups. Version 1: a hierarchy for one or a few controllers each (also in the hybrid layout,
 * where a version 2 tree without controllers stands beside them). Version 2: one for all.
 */
export interface CgroupLayout {
  readonly version: 1 | 2
  readonly hierarchies: readonly Hierarchy[]
  /**
   * Version 1: where hierarchies without controllers are mounted, in which systemd keeps track of its units' processes:
   * `name=systemd`, and the version 2 tree of the hybrid layout. Default: none.
   */
  readonly tracking?: readonly string[] | undefined
}

/** CGROUP_SUPER_MAGIC and CGROUP2_SUPER_MAGIC. */
const CGROUP_MAGIC = 0x27e0eb
const CGROUP2_MAGIC = 0x63677270

const V1_CONTROLLERS = 'memory cpu cpuacct cpuset pids devices freezer blkio hugetlb net_cls net_prio rdma'.split(' ')
const V2_CONTROLLERS = 'memory cpu cpuset pids io hugetlb rdma'.split(' ')

/** Reads the layout of the machine from this process's mounts. */
export function detectCgroupLayout(): CgroupLayout {
  return parseCgroupLayout(readFileSync('/proc/self/mountinfo', 'utf8'), {
    magicOf,
    controllersOf: (mountPoint) => readFileSync(`${mountPoint}/cgroup.controllers`, 'utf8'),
  })
}

/** What {@link parseCgroupLayout} asks of the machine. */
export interface CgroupProbe {
  /** The type of the file system that is seen at a path, as statfs(2) has it: another mount may cover one. */
  magicOf(mountPoint: string): number
  /** `cgroup.controllers` of a version 2 tree. */
  controllersOf(mountPoint: string): string
}

/**
 * Finds the layout in the text of a mountinfo file.
 * @see https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
 */
export function parseCgroupLayout(mountinfo: string, probe: CgroupProbe): CgroupLayout {
  const hierarchies = new Map<string, Hierarchy>()
  const named = new Set<string>()
  let unified: string | undefined
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ')
    const [type, , superOptions = ''] = after.split(' ')
    const mountPoint = unescapeOctal(before.split(' ')[4] ?? '')
    if (type === 'cgroup2' && probe.magicOf(mountPoint) === CGROUP2_MAGIC) unified ??= mountPoint
    if (type !== 'cgroup') continue
    if (superOptions.split(',').includes('name=systemd') && probe.magicOf(mountPoint) === CGROUP_MAGIC) named.add(mountPoint)
    const controllers = known(superOptions.split(','), V1_CONTROLLERS)
    const key = controllers.join(',')
    if (controllers.length === 0 || hierarchies.has(key) || probe.magicOf(mountPoint) !== CGROUP_MAGIC) continue
    hierarchies.set(key, { mountPoint, controllers })
  }
  const tracking = [...named, ...(unified === undefined ? [] : [unified])]
  if (hierarchies.size > 0) return { version: 1, hierarchies: [...hierarchies.values()], tracking }
  if (unified === undefined) return { version: 1, hierarchies: [] }
  const controllers = known(probe.controllersOf(unified).trim().split(' '), V2_CONTROLLERS)
  return { version: 2, hierarchies: [{ mountPoint: unified, controllers }] }
}

function magicOf(mountPoint: string): number {
  try {
    return statfsSync(mountPoint).type
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'EACCES')) return 0
    throw error
  }
}

function known(words: readonly string[], names: readonly string[]): Controller[] {
  return words.filter((word): word is Controller => names.includes(word))
}

/** Spaces, tabs, newlines and backslashes stand as octal numbers. */
function unescapeOctal(path: string): string {
  return path.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
