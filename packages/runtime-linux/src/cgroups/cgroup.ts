import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasErrno } from '@ct/errors'
import type { OomCounter } from '@ct/native'
import { RuntimeError } from '../errors.ts'
import { isMachineRoot } from '../users/machine-root.ts'
import type { CgroupLayout, Controller, Hierarchy } from './layout.ts'

/** The directory of a cgroup in one hierarchy. */
export interface CgroupDirectory {
  readonly directory: string
  readonly controllers: readonly Controller[]
}

/** A container's cgroup: one directory in each hierarchy where it has been made. */
export interface Cgroup {
  /** Below each mount point, such as `/ct/web`. */
  readonly path: string
  readonly layout: CgroupLayout
  readonly hierarchies: readonly CgroupDirectory[]
  /** Directories without controllers by which systemd knows whose its processes are, when it has made the cgroup. Default: none. */
  readonly tracking?: readonly string[] | undefined
}

const DENIED = ['EACCES', 'EROFS', 'EPERM'] as const

/** How long a removed cgroup may stay busy after its last process has gone. */
const REMOVE_TIMEOUT_MS = 5_000

/**
 * Version 1: controllers in whose hierarchies a cgroup is made only when a limit needs it. A new cpuset holds no
 * processor until it is given some; the others would cost every container a directory that few have a use for.
 */
const ON_DEMAND: readonly Controller[] = ['cpuset', 'hugetlb', 'net_cls', 'net_prio', 'rdma']

/** Who has made a cgroup. */
export interface CgroupOwner {
  /** Whether systemd has. Default: false. */
  readonly isManaged?: boolean | undefined
}

/** Options of {@link createCgroup}. Directories that are there, made by systemd, are taken as they are. */
export interface CreateCgroupOptions extends CgroupOwner {
  /** Controllers whose hierarchies are taken, too, though made on demand. Default: none. */
  readonly demanded?: readonly Controller[] | undefined
}

/**
 * Makes the cgroup at `path` in all hierarchies but those that are made on demand, of which those of `demanded`
 * controllers. One without processes that is there already, left by a crash, is replaced. Hierarchies that a user may not
 * change are left out: what is delegated to them is used.
 * @throws RuntimeError RUNTIME_CGROUP_FAILED; what was made is removed again.
 */
export function createCgroup(layout: CgroupLayout, path: string, { demanded = [], isManaged = false }: CreateCgroupOptions = {}): Cgroup {
  const chosen = layout.hierarchies.filter(
    ({ controllers }) => !isOnDemand(layout, controllers) || controllers.some((controller) => demanded.includes(controller)),
  )
  const made: CgroupDirectory[] = []
  try {
    for (const hierarchy of chosen) {
      const { mountPoint, controllers } = hierarchy
      const directory = makeDelegated(layout, hierarchy, { path, isManaged })
      if (directory === undefined) continue
      made.push({ directory, controllers })
      if (layout.version === 1 && controllers.includes('cpuset')) inheritCpuset(mountPoint, path)
    }
  } catch (error) {
    for (const { directory } of made) removeEmpty(directory)
    throw new RuntimeError('RUNTIME_CGROUP_FAILED', `cgroup ${path} cannot be made`, {
      kind: hasErrno(error, ...DENIED) ? 'denied' : 'internal',
      cause: error,
    })
  }
  return { path, layout, hierarchies: made, tracking: isManaged ? trackingOf(layout, path) : [] }
}

/** The cgroup at `path` as far as it exists. */
export function openCgroup(layout: CgroupLayout, path: string, { isManaged = false }: CgroupOwner = {}): Cgroup {
  const hierarchies = layout.hierarchies.map(({ mountPoint, controllers }) => ({ directory: mountPoint + path, controllers }))
  const isThere = hierarchies.filter(({ directory }) => existsSync(directory))
  return { path, layout, hierarchies: isThere, tracking: isManaged ? trackingOf(layout, path) : [] }
}

/** The directory that has a controller; undefined where the cgroup is not in its hierarchy. */
export function directoryOf({ layout, hierarchies }: Cgroup, controller: Controller): string | undefined {
  if (controller === 'cgroup') return layout.version === 2 ? hierarchies[0]?.directory : undefined
  return hierarchies.find(({ controllers }) => controllers.includes(controller))?.directory
}

/**
 * The files that take a new process in. On version 1 these are the `tasks` files, which a thread that enters by itself
 * gets through without the lock that makes `cgroup.procs` wait for all processors (7 to 15 ms).
 */
export function entryFiles({ layout, hierarchies, tracking = [] }: Cgroup): string[] {
  const files = hierarchies.map(({ directory }) => `${directory}/${layout.version === 1 ? 'tasks' : 'cgroup.procs'}`)
  // Of these the tree of version 2 that the hybrid layout has beside the others lacks the first.
  const isOld = (directory: string) => existsSync(`${directory}/tasks`)
  return [...files, ...tracking.map((directory) => `${directory}/${isOld(directory) ? 'tasks' : 'cgroup.procs'}`)]
}

/**
 * Those for a further process of a container. On version 2 a cgroup that hands controllers down, as an init system in a
 * container makes it do, takes no processes itself: then the cgroup of the first process does.
 */
export function joinFiles(cgroup: Cgroup, pid: number): string[] {
  const { layout, hierarchies, path } = cgroup
  const [whole] = hierarchies
  if (layout.version === 1 || whole === undefined) return entryFiles(cgroup)
  if (readFileSync(`${whole.directory}/cgroup.subtree_control`, 'utf8').trim() === '') return entryFiles(cgroup)
  const own = /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1] ?? path
  return own.startsWith(`${path}/`) ? [`${whole.directory}${own.slice(path.length)}/cgroup.procs`] : entryFiles(cgroup)
}

/**
 * A cgroup below a container's, which its processes have made.
 * @throws RuntimeError RUNTIME_CGROUP_FAILED when it is not below, or not there in every hierarchy.
 */
export function cgroupBelow(cgroup: Cgroup, below: string): Cgroup {
  const steps = below.split('/').filter((step) => step !== '' && step !== '.')
  const path = ['', ...steps].join('/')
  const hierarchies = cgroup.hierarchies.map(({ directory, controllers }) => ({ directory: directory + path, controllers }))
  const isThere = !steps.includes('..') && hierarchies.every(({ directory }) => existsSync(directory))
  const tracking = cgroup.tracking?.map((directory) => [directory + path, directory].find(existsSync) ?? directory)
  if (isThere) return { ...cgroup, path: cgroup.path + path, hierarchies, tracking }
  throw new RuntimeError('RUNTIME_CGROUP_FAILED', `there is no cgroup ${JSON.stringify(below)} below ${cgroup.path}`, { kind: 'invalid' })
}

/** Where kills by the OOM killer are counted. */
export function oomCounter(cgroup: Cgroup): OomCounter | undefined {
  const directory = directoryOf(cgroup, 'memory')
  if (directory === undefined) return undefined
  return { path: `${directory}/${cgroup.layout.version === 1 ? 'memory.oom_control' : 'memory.events'}`, key: 'oom_kill' }
}

/** Host ids of all processes in the cgroup and the cgroups below it. */
export function cgroupPids({ layout, hierarchies }: Cgroup): number[] {
  const pids = new Set<number>()
  const collect = (directory: string) => {
    for (const pid of processesOf(directory) ?? []) pids.add(pid)
    for (const child of childrenOf(directory)) collect(child)
  }
  const whole = hierarchies.find(({ controllers }) => !isOnDemand(layout, controllers)) ?? hierarchies[0]
  if (whole !== undefined) collect(whole.directory)
  return [...pids].sort((a, b) => a - b)
}

/** Removes what is left of a cgroup without processes at once; false when it has some, or cgroups below it. */
export function removeEmptyCgroup({ hierarchies }: Cgroup): boolean {
  return hierarchies.every(({ directory }) => removeEmpty(directory))
}

/**
 * Removes the cgroup and those its processes made below it, waiting for processes that are just ending.
 * @throws RuntimeError RUNTIME_CGROUP_FAILED when it is still busy after five seconds.
 */
export async function removeCgroup(cgroup: Cgroup): Promise<void> {
  const deadline = Date.now() + REMOVE_TIMEOUT_MS
  for (const directory of [...cgroup.hierarchies.map((hierarchy) => hierarchy.directory), ...(cgroup.tracking ?? [])]) {
    for (let delayMs = 1; !removeTree(directory); delayMs = Math.min(delayMs * 2, 100)) {
      if (Date.now() > deadline) {
        throw new RuntimeError('RUNTIME_CGROUP_FAILED', `cgroup ${directory} still has processes`, { kind: 'conflict' })
      }
      await sleep(delayMs)
    }
  }
}

function isOnDemand({ version }: CgroupLayout, controllers: readonly Controller[]): boolean {
  return version === 1 && controllers.every((controller) => ON_DEMAND.includes(controller))
}

function trackingOf({ tracking = [] }: CgroupLayout, path: string): string[] {
  return tracking.map((mountPoint) => mountPoint + path).filter((directory) => existsSync(directory))
}

interface Place {
  readonly path: string
  readonly isManaged: boolean
}

/** The directory, or nothing where a user may not make it. */
function makeDelegated(layout: CgroupLayout, hierarchy: Hierarchy, place: Place): string | undefined {
  try {
    return makeDirectory(layout, hierarchy, place)
  } catch (error) {
    if (isMachineRoot() || !hasErrno(error, ...DENIED)) throw error
    return undefined
  }
}

function makeDirectory(layout: CgroupLayout, { mountPoint, controllers }: Hierarchy, { path, isManaged }: Place): string {
  const directory = mountPoint + path
  if (layout.version === 2) {
    mkdirSync(dirname(directory), { recursive: true })
    delegate(mountPoint, path, controllers)
  }
  try {
    mkdirSync(directory)
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) mkdirSync(directory, { recursive: true })
    else if (!hasErrno(error, 'EEXIST')) throw error
    else if (!isManaged) {
      if (!removeEmpty(directory)) throw error
      mkdirSync(directory)
    }
  }
  return directory
}

/** Version 2: a controller works in a cgroup only when every one above it hands it down. */
function delegate(mountPoint: string, path: string, controllers: readonly Controller[]): void {
  for (const parent of ancestors(path)) {
    const file = `${mountPoint}${parent}/cgroup.subtree_control`
    const enabled = readFileSync(file, 'utf8').trim().split(' ')
    const missing = controllers.filter((controller) => !enabled.includes(controller))
    if (missing.length > 0 && !enable(file, missing)) for (const controller of missing) enable(file, [controller])
  }
}

/**
 * False where the kernel refuses: a cgroup with processes of its own hands nothing down, and some controllers want
 * conditions of their own (no real-time tasks for `cpu`); and where a user may not. A limit that needs the controller is
 * refused later, by name.
 */
function enable(file: string, controllers: readonly Controller[]): boolean {
  try {
    writeFileSync(file, controllers.map((controller) => `+${controller}`).join(' '))
    return true
  } catch (error) {
    if (hasErrno(error, 'EBUSY', 'EINVAL', 'ENOENT', 'EOPNOTSUPP') || (!isMachineRoot() && hasErrno(error, ...DENIED))) return false
    throw error
  }
}

/** Version 1: a new cpuset is empty, and a process cannot enter it before it has processors and memory nodes. */
function inheritCpuset(mountPoint: string, path: string): void {
  for (const parent of [...ancestors(path).slice(1), path]) {
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      const own = `${mountPoint}${parent}/${file}`
      if (readFileSync(own, 'utf8').trim() === '') writeFileSync(own, readFileSync(`${mountPoint}${dirname(parent)}/${file}`))
    }
  }
}

/** `/a/b/c` is below ``, `/a` and `/a/b`. */
function ancestors(path: string): string[] {
  const parts = path.split('/').slice(1, -1)
  return ['', ...parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)]
}

function processesOf(directory: string): number[] | undefined {
  try {
    const text = readFileSync(`${directory}/cgroup.procs`, 'utf8')
    return text.split('\n').filter(Boolean).map(Number)
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENODEV', 'EOPNOTSUPP')) return undefined
    throw error
  }
}

function childrenOf(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => `${directory}/${name}`)
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENODEV')) return []
    throw error
  }
}

/** Whether it is gone; cgroups below it go first. */
function removeTree(directory: string): boolean {
  if (removeEmpty(directory)) return true
  const children = childrenOf(directory)
  return children.length > 0 && children.map(removeTree).every(Boolean) && removeEmpty(directory)
}

function removeEmpty(directory: string): boolean {
  try {
    rmdirSync(directory)
    return true
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENODEV')) return true
    if (hasErrno(error, 'EBUSY', 'ENOTEMPTY')) return false
    throw error
  }
}
