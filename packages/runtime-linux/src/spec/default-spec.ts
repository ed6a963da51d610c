import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { defaultSeccomp } from '@ct/seccomp'
import { DEFAULT_CAPABILITIES } from '../capabilities.ts'
import { DEFAULT_PATH } from '../plan/exec-files.ts'
import type { Linux } from './linux.ts'
import type { SpecMount } from './mount.ts'
import type { ConsoleSize, LinuxCapabilities, User } from './process.ts'
import type { Spec } from './spec.ts'

/** The version of the runtime specification that specs made here follow. */
export const OCI_VERSION = '1.2.1'

/** Options of {@link defaultSpec}. */
export interface DefaultSpecOptions {
  readonly args: readonly string[]
  /** Default: PATH only. */
  readonly env?: readonly string[] | undefined
  /** Default: `/`. */
  readonly cwd?: string | undefined
  /** Default: root. */
  readonly user?: User | undefined
  /** Default: the kernel's, which is the host's name. */
  readonly hostname?: string | undefined
  /** Default: false. */
  readonly terminal?: boolean | undefined
  readonly consoleSize?: ConsoleSize | undefined
  /** Bounding, permitted and effective set. Default: {@link DEFAULT_CAPABILITIES}. */
  readonly capabilities?: readonly string[] | undefined
  /** `spec.root.path`. Default: `rootfs`. */
  readonly rootPath?: string | undefined
  /** Default: false. */
  readonly readonlyRoot?: boolean | undefined
  /** Size of /dev/shm. Default: 64 MiB. */
  readonly shmSizeBytes?: number | undefined
}

/** What Docker hides of /proc and /sys. */
export const DEFAULT_MASKED_PATHS: readonly string[] = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
]

/** What Docker makes read-only of /proc. */
export const DEFAULT_READONLY_PATHS: readonly string[] = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']

/**
 * A container as Docker starts it unless told otherwise: its capabilities, system call filter, mounts, masked and
 * read-only paths, devices, and namespaces of its own of all kinds but user and time. The value may be spread and
 * changed; nothing in it is shared but constants.
 * @see https://docs.docker.com/engine/security/
 */
export function defaultSpec({ args, capabilities = DEFAULT_CAPABILITIES, ...options }: DefaultSpecOptions): Spec {
  return {
    ociVersion: OCI_VERSION,
    root: { path: options.rootPath ?? 'rootfs', readonly: options.readonlyRoot ?? false },
    process: {
      terminal: options.terminal ?? false,
      consoleSize: options.consoleSize,
      user: options.user ?? { uid: 0, gid: 0 },
      args,
      env: options.env ?? [`PATH=${DEFAULT_PATH}`],
      cwd: options.cwd ?? '/',
      capabilities: capabilitiesOf(capabilities),
      noNewPrivileges: false,
      oomScoreAdj: 0,
    },
    hostname: options.hostname,
    mounts: defaultMounts(options.shmSizeBytes ?? 64 * 1024 * 1024),
    linux: defaultLinux(capabilities),
  }
}

/** The sets of a process that may use `names`: nothing is inheritable or ambient. */
export function capabilitiesOf(names: readonly string[]): LinuxCapabilities {
  return { bounding: names, effective: names, permitted: names, inheritable: [], ambient: [] }
}

function defaultMounts(shmSizeBytes: number): SpecMount[] {
  const locked = ['nosuid', 'noexec', 'nodev']
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: locked },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
    },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: [...locked, 'ro'] },
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: ['ro', ...locked] },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: locked },
    { destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: [...locked, 'mode=1777', `size=${shmSizeBytes}`] },
  ]
}

function defaultLinux(capabilities: readonly string[]): Linux {
  return {
    namespaces: [{ type: 'mount' }, { type: 'uts' }, { type: 'pid' }, { type: 'ipc' }, { type: 'network' }, { type: 'cgroup' }],
    resources: { devices: [{ allow: false, access: 'rwm' }] },
    seccomp: defaultSeccomp(capabilities),
    maskedPaths: [...DEFAULT_MASKED_PATHS, ...thermalPaths()],
    readonlyPaths: DEFAULT_READONLY_PATHS,
  }
}

let thermal: readonly string[] | undefined

/** Counters of the processors' temperature, which tell what else runs on the machine. */
function thermalPaths(): readonly string[] {
  thermal ??= Array.from({ length: availableParallelism() }, (_, cpu) => `/sys/devices/system/cpu/cpu${cpu}/thermal_throttle`).filter(
    (path) => existsSync(path),
  )
  return thermal
}
