import { MEMORY_FLAGS, MEMORY_MODES } from '../plan/scheduling.ts'
import type { Linux } from './linux.ts'
import type { LinuxSeccomp } from './seccomp.ts'
import {
  absolute,
  bad,
  int64,
  integer,
  list,
  numberList,
  oneOf,
  record,
  type Shape,
  shape,
  text,
  uint32,
  uint64,
  unsupported,
  userId,
} from './shape.ts'
import { validateResources } from './validate-resources.ts'

/** Kinds of namespaces. */
export const NAMESPACE_TYPES = ['pid', 'network', 'mount', 'ipc', 'uts', 'user', 'cgroup', 'time']
const PROPAGATIONS = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave', 'unbindable', 'runbindable']
/** What a filter may do. */
export const SECCOMP_ACTIONS = 'KILL KILL_PROCESS KILL_THREAD TRAP ERRNO TRACE LOG NOTIFY ALLOW'
  .split(' ')
  .map((word) => `SCMP_ACT_${word}`)
/** How a filter compares. */
export const SECCOMP_OPERATORS = 'NE LT LE EQ GE GT MASKED_EQ'.split(' ').map((word) => `SCMP_CMP_${word}`)
const ARCHITECTURES = 'X86_64 X86 X32 AARCH64 ARM'.split(' ').map((word) => `SCMP_ARCH_${word}`)
/** Flags of a filter. */
export const SECCOMP_FLAGS = 'TSYNC LOG SPEC_ALLOW WAIT_KILLABLE_RECV'.split(' ').map((word) => `SECCOMP_FILTER_FLAG_${word}`)

const errno = integer(0, 0xffff)
/** Lines of an id map. */
export const idMappings = list(shape({ containerID: uint32, hostID: uint32, size: uint32 }))
const number = integer(-1, 0xffffffff)
const timeOffset = shape({}, { secs: int64, nanosecs: integer(0, 999_999_999) })

const device = shape(
  { type: oneOf(['c', 'u', 'b', 'p']), path: absolute },
  { major: number, minor: number, fileMode: uint32, uid: userId, gid: userId },
)

const seccomp = shape(
  { defaultAction: oneOf(SECCOMP_ACTIONS) },
  {
    defaultErrnoRet: errno,
    architectures: list(oneOf(ARCHITECTURES)),
    flags: list(oneOf(SECCOMP_FLAGS)),
    listenerPath: text,
    listenerMetadata: text,
    syscalls: list(
      shape(
        { names: list(text), action: oneOf(SECCOMP_ACTIONS) },
        { errnoRet: errno, args: list(shape({ index: integer(0, 5), value: uint64, op: oneOf(SECCOMP_OPERATORS) }, { valueTwo: uint64 })) },
      ),
    ),
  },
)

const linuxShape: Shape = shape(
  {},
  {
    uidMappings: idMappings,
    gidMappings: idMappings,
    sysctl: record(text),
    resources: validateResources,
    cgroupsPath: cgroupsPath,
    namespaces: list(shape({ type: oneOf(NAMESPACE_TYPES) }, { path: text })),
    devices: list(device),
    seccomp,
    rootfsPropagation: oneOf([...PROPAGATIONS, '']),
    maskedPaths: list(absolute),
    readonlyPaths: list(absolute),
    mountLabel: text,
    personality: shape({ domain: oneOf(['LINUX', 'LINUX32']) }, { flags: unsupported }),
    intelRdt: unsupported,
    memoryPolicy: shape({ mode: oneOf(Object.keys(MEMORY_MODES)) }, { nodes: numberList, flags: list(oneOf(Object.keys(MEMORY_FLAGS))) }),
    netDevices: record(shape({}, { name: interfaceName })),
    timeOffsets: shape({}, { monotonic: timeOffset, boottime: timeOffset }),
  },
)

/** Checks the Linux section of a spec; see `validateSpec`. */
export function validateLinux(value: unknown, path: string): void {
  linuxShape(value, path)
  for (const name of Object.keys((value as Linux).netDevices ?? {})) interfaceName(name, `${path}.netDevices`)
  checkListener((value as Linux).seccomp, `${path}.seccomp`)
  const seen = new Set<string>()
  const { namespaces = [] } = value as Linux
  namespaces.forEach(({ type, path: at }, index) => {
    if (seen.has(type)) throw bad(`${path}.namespaces[${index}].type`, 'listed once', type)
    if (at) absolute(at, `${path}.namespaces[${index}].path`)
    seen.add(type)
  })
}

/** The helper itself sends the listener by sendmsg(2), which nobody could answer then. */
function checkListener({ defaultAction, syscalls = [], listenerPath }: Partial<LinuxSeccomp> = {}, path: string): void {
  const asking = syscalls.filter(({ action }) => action === 'SCMP_ACT_NOTIFY')
  if (defaultAction === 'SCMP_ACT_NOTIFY') throw bad(`${path}.defaultAction`, 'another action than SCMP_ACT_NOTIFY')
  if (asking.length > 0 && !listenerPath) throw bad(`${path}.listenerPath`, 'there for SCMP_ACT_NOTIFY')
  if (asking.some(({ names }) => names.includes('sendmsg'))) throw bad(`${path}.syscalls`, 'without SCMP_ACT_NOTIFY for sendmsg')
}

function cgroupsPath(value: unknown, path: string): void {
  text(value, path)
  if (value.split('/').includes('..')) throw bad(path, 'a path without ..', value)
  if (/^[^/]*:[^/]*:[^/]*$/.test(value)) unsupported(value, path)
}

function interfaceName(value: unknown, path: string): void {
  text(value, path)
  if (!/^[^\s/:]{1,15}$/.test(value) || value === '.' || value === '..') throw bad(path, 'a name of a network interface', value)
}
