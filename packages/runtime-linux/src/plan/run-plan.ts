import type { Mount, NamespacePlan, NamespaceType, Operation, Propagation, RunPlan, SupervisorPlan, TimeOffset } from '@ct/native'
import { type Cgroup, entryFiles } from '../cgroups/cgroup.ts'
import { hasDeviceControl } from '../cgroups/device-rules.ts'
import type { Linux, LinuxIdMapping, LinuxPersonality } from '../spec/linux.ts'
import type { SpecMount } from '../spec/mount.ts'
import { bad } from '../spec/shape.ts'
import type { Spec } from '../spec/spec.ts'
import type { SeccompFilter } from './credentials.ts'
import { planDevices } from './devices.ts'
import type { SecurityModules } from './labels.ts'
import { planMounts } from './mounts.ts'
import { planEarlyProcess, planProcess, planTerminal } from './process.ts'

/** Everything that a container's plan is made from. */
export interface RunContext {
  /** Validated. */
  readonly spec: Spec
  /** Absolute. */
  readonly rootfs: string
  /** Absolute; relative sources of binds are below it. */
  readonly bundle: string
  readonly mounts: readonly Mount[]
  readonly filter: SeccompFilter | undefined
  readonly cgroup: Cgroup
  readonly supervisor: SupervisorPlan
  readonly modules: SecurityModules
  /** Whether the process stops before its program until it is started. */
  readonly hold: boolean
  /** Whether set-up pauses before the root is entered, for hooks. */
  readonly pauses?: boolean | undefined
  /** User namespace that maps the ids of a mount. Default: none. */
  readonly idMapOf?: ((mount: SpecMount) => string | undefined) | undefined
  /** False moves the root over `/` where pivot_root cannot work, as in an initramfs. Default: true. */
  readonly pivot?: boolean | undefined
  /** False binds the host's devices, where the kernel lets this process make none. Default: true, but for user namespaces. */
  readonly mayMakeNodes?: boolean | undefined
}

/** Persona of a 32-bit machine; see personality(2). */
const PERSONAS: Readonly<Record<LinuxPersonality['domain'], bigint>> = { LINUX: 0n, LINUX32: 8n }

/**
 * The order of the set-up: the root and its mounts, then into it, then what it shows of the machine is cut down, then
 * the process is. Nothing of it needs to be undone when it fails: all of it is the process's own.
 * @throws RuntimeError RUNTIME_BAD_MOUNT, RUNTIME_BAD_SPEC.
 */
export function planRun(context: RunContext): RunPlan {
  const { spec, cgroup, supervisor } = context
  const { process, linux = {} } = spec
  if (process === undefined) return planHolder(context)
  const withheld = hasDeviceControl(cgroup, linux.resources?.devices) ? [] : ['CAP_MKNOD']
  return {
    supervisor,
    ...planNamespaces(linux),
    cgroupProcs: entryFiles(cgroup),
    operations: [
      ...planEarlyProcess(process, linux.namespaces?.map(({ type }) => type) ?? [], context.modules),
      ...planRoot(context),
      ...planNames(spec),
      ...planPaths(linux),
      ...(spec.root?.readonly ? [{ op: 'attributes', target: '/', attributes: { set: ['rdonly'] } } as const] : []),
      ...(linux.personality === undefined ? [] : [{ op: 'personality', persona: PERSONAS[linux.personality.domain] } as const]),
      ...planProcess({
        process,
        filter: context.filter,
        withheld,
        hold: context.hold,
        isProbed: supervisor.detachWithFifo !== undefined,
        memoryPolicy: linux.memoryPolicy,
      }),
    ],
  }
}

/**
 * A container without a process holds its namespaces for others to join: its own process has no program, no capability,
 * and forgets what ends in its pid namespace.
 */
function planHolder(context: RunContext): RunPlan {
  const { spec, supervisor, cgroup } = context
  if (!context.hold) throw bad('process', 'there')
  const none = { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] }
  return {
    ...planNamespaces(spec.linux ?? {}),
    supervisor,
    cgroupProcs: entryFiles(cgroup),
    operations: [
      ...planRoot(context),
      ...planNames(spec),
      { op: 'capabilities', sets: none },
      { op: 'no-new-privileges' },
      { op: 'reap' },
      { op: 'hold' },
    ],
  }
}

function planNamespaces(linux: Linux): Pick<RunPlan, 'namespaces' | 'uidMappings' | 'gidMappings' | 'timeOffsets'> {
  return {
    namespaces: (linux.namespaces ?? []).map(planNamespace),
    uidMappings: linux.uidMappings?.map(planIdMapping),
    gidMappings: linux.gidMappings?.map(planIdMapping),
    timeOffsets: planTimeOffsets(linux),
  }
}

/** The namespaces as the helper calls them. */
export function planNamespace({ type, path }: { readonly type: NamespaceType; readonly path?: string | undefined }): NamespacePlan {
  return path ? { type, path } : { type }
}

function planRoot({ spec, rootfs, mounts, pauses = false, pivot = true, mayMakeNodes = true, ...context }: RunContext): Operation[] {
  const { linux = {}, process } = spec
  const namespaces = new Set(linux.namespaces?.map(({ type }) => type))
  const hasUserNamespace = namespaces.has('user') || !mayMakeNodes
  const outer = propagationOf(linux.rootfsPropagation) ?? 'slave'
  const made = planMounts(spec.mounts ?? [], { ...context, mountLabel: linux.mountLabel })
  const operations: Operation[] = [
    { op: 'root', path: rootfs, mounts, propagation: outer === 'private' ? 'private' : 'slave' },
    ...made.operations,
    ...(process === undefined ? [] : planDevices({ mounts: spec.mounts ?? [], devices: linux.devices ?? [], hasUserNamespace })),
    ...(process === undefined ? [] : planTerminal(process)),
    ...(pauses ? [{ op: 'pause' } as const] : []),
    { op: 'enter-root', pivot },
    ...made.late,
  ]
  if (outer === 'shared' || outer === 'unbindable') {
    const recursive = linux.rootfsPropagation?.startsWith('r') ?? false
    operations.push({ op: 'attributes', target: '/', attributes: { propagation: outer, recursive } })
  }
  return operations
}

/** `rslave` is slave: whether it is recursive is the operation's business. */
function propagationOf(word: Linux['rootfsPropagation'] | ''): Propagation | undefined {
  return word ? (word.replace(/^r/, '') as Propagation) : undefined
}

function planNames({ hostname, domainname, linux = {} }: Spec): Operation[] {
  const operations: Operation[] = []
  if (hostname) operations.push({ op: 'hostname', name: hostname })
  if (domainname) operations.push({ op: 'domainname', name: domainname })
  if (linux.namespaces?.some(({ type, path }) => type === 'network' && !path)) operations.push({ op: 'loopback-up' })
  for (const [name, value] of Object.entries(linux.sysctl ?? {})) {
    operations.push({ op: 'sysctl', path: sysctlPath(name), value })
  }
  return operations
}

/** Dots part the name unless it has slashes; then dots are dots, as in `net/ipv4/conf/eth0.1/forwarding`. */
function sysctlPath(name: string): string {
  const slash = name.indexOf('/')
  const dot = name.indexOf('.')
  return slash >= 0 && (dot < 0 || slash < dot) ? name : name.replaceAll(/[./]/g, (sign) => (sign === '.' ? '/' : '.'))
}

function planPaths({ readonlyPaths = [], maskedPaths = [] }: Linux): Operation[] {
  return [
    ...readonlyPaths.map((target): Operation => ({ op: 'readonly', target })),
    ...maskedPaths.map((target): Operation => ({ op: 'mask', target })),
  ]
}

function planTimeOffsets({ timeOffsets = {} }: Linux): TimeOffset[] {
  return (['monotonic', 'boottime'] as const).flatMap((clock) => {
    const { secs = 0, nanosecs = 0 } = timeOffsets?.[clock] ?? {}
    return timeOffsets?.[clock] ? [{ clock, seconds: BigInt(secs), nanoseconds: nanosecs }] : []
  })
}

/** A line of an id map as the helper's client calls it. */
export function planIdMapping({ containerID, hostID, size }: LinuxIdMapping) {
  return { containerId: containerID, hostId: hostID, size }
}
