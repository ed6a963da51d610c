import { checkSeccomp, type LinuxSeccomp, SeccompError } from '@ct/seccomp'
import { SystemdError } from '@ct/systemd'
import { parseScope } from '../cgroups/systemd-scope.ts'
import { RuntimeError } from '../errors.ts'
import { MEMORY_FLAGS, MEMORY_MODES } from '../plan/scheduling.ts'
import type { Linux } from './linux.ts'
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
  unsupported,
  userId,
} from './shape.ts'
import { validateResources } from './validate-resources.ts'

/** Kinds of namespaces. */
export const NAMESPACE_TYPES = ['pid', 'network', 'mount', 'ipc', 'uts', 'user', 'cgroup', 'time']
const PROPAGATIONS = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave', 'unbindable', 'runbindable']

/** Lines of an id map. */
export const idMappings = list(shape({ containerID: uint32, hostID: uint32, size: uint32 }))
const number = integer(-1, 0xffffffff)
const timeOffset = shape({}, { secs: int64, nanosecs: integer(0, 999_999_999) })

const device = shape(
  { type: oneOf(['c', 'u', 'b', 'p']), path: absolute },
  { major: number, minor: number, fileMode: uint32, uid: userId, gid: userId },
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
    seccomp: seccompFilter,
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

function seccompFilter(value: unknown, path: string): void {
  try {
    checkSeccomp(value, path)
  } catch (error) {
    if (!(error instanceof SeccompError)) throw error
    throw new RuntimeError('RUNTIME_BAD_SPEC', error.message, { kind: 'invalid', cause: error })
  }
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
  try {
    parseScope(value)
  } catch (error) {
    if (!(error instanceof SystemdError)) throw error
    throw new RuntimeError('RUNTIME_BAD_SPEC', `${path}: ${error.message}`, { kind: 'invalid', hint: error.hint, cause: error })
  }
}

function interfaceName(value: unknown, path: string): void {
  text(value, path)
  if (!/^[^\s/:]{1,15}$/.test(value) || value === '.' || value === '..') throw bad(path, 'a name of a network interface', value)
}
