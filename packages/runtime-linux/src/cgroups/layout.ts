import { readFileSync } from 'node:fs'

/** The controllers that this runtime uses. */
export type Controller = 'memory' | 'cpu' | 'cpuacct' | 'cpuset' | 'pids' | 'devices' | 'freezer' | 'blkio' | 'io'

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
}

const V1_CONTROLLERS: readonly string[] = ['memory', 'cpu', 'cpuacct', 'cpuset', 'pids', 'devices', 'freezer', 'blkio']
const V2_CONTROLLERS: readonly string[] = ['memory', 'cpu', 'cpuset', 'pids', 'io']

/** Reads the layout of the machine from this process's mounts. */
export function detectCgroupLayout(): CgroupLayout {
  return parseCgroupLayout(readFileSync('/proc/self/mountinfo', 'utf8'), (mountPoint) =>
    readFileSync(`${mountPoint}/cgroup.controllers`, 'utf8'),
  )
}

/**
 * Finds the layout in the text of a mountinfo file; `controllersOf` reads `cgroup.controllers` of a version 2 tree.
 * @see https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
 */
export function parseCgroupLayout(mountinfo: string, controllersOf: (mountPoint: string) => string): CgroupLayout {
  const hierarchies = new Map<string, Hierarchy>()
  let unified: string | undefined
  for (const line of mountinfo.split('\n')) {
    const [before = '', after = ''] = line.split(' - ')
    const [type, , superOptions = ''] = after.split(' ')
    const mountPoint = unescapeOctal(before.split(' ')[4] ?? '')
    if (type === 'cgroup2') unified ??= mountPoint
    if (type !== 'cgroup') continue
    const controllers = known(superOptions.split(','), V1_CONTROLLERS)
    const key = controllers.join(',')
    if (controllers.length > 0 && !hierarchies.has(key)) hierarchies.set(key, { mountPoint, controllers })
  }
  if (hierarchies.size > 0) return { version: 1, hierarchies: [...hierarchies.values()] }
  if (unified === undefined) return { version: 1, hierarchies: [] }
  const controllers = known(controllersOf(unified).trim().split(' '), V2_CONTROLLERS)
  return { version: 2, hierarchies: [{ mountPoint: unified, controllers }] }
}

function known(words: readonly string[], names: readonly string[]): Controller[] {
  return words.filter((word): word is Controller => names.includes(word))
}

/** Spaces, tabs, newlines and backslashes stand as octal numbers. */
function unescapeOctal(path: string): string {
  return path.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}
