import type { Operation } from '@ct/native'
import type { LinuxDevice } from '../spec/linux.ts'
import type { SpecMount } from '../spec/mount.ts'

/**
 * The devices that every container has.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/config-linux.md#default-devices
 */
export const DEFAULT_DEVICES: readonly Required<LinuxDevice>[] = [
  character('/dev/null', 1, 3),
  character('/dev/zero', 1, 5),
  character('/dev/full', 1, 7),
  character('/dev/random', 1, 8),
  character('/dev/urandom', 1, 9),
  character('/dev/tty', 5, 0),
]

/** Links that programs expect in /dev; ptmx is that of the container's own devpts. */
const LINKS: readonly (readonly [target: string, linkTarget: string])[] = [
  ['/dev/fd', '/proc/self/fd'],
  ['/dev/stdin', '/proc/self/fd/0'],
  ['/dev/stdout', '/proc/self/fd/1'],
  ['/dev/stderr', '/proc/self/fd/2'],
  ['/dev/core', '/proc/kcore'],
  ['/dev/ptmx', 'pts/ptmx'],
]

/** What decides about devices. */
export interface DeviceContext {
  readonly mounts: readonly SpecMount[]
  readonly devices: readonly LinuxDevice[]
  /** In a user namespace nodes cannot be made: the host's are bound instead. */
  readonly hasUserNamespace: boolean
}

/** Makes the nodes and links of /dev. A /dev bound from elsewhere is left as it is. */
export function planDevices({ mounts, devices, hasUserNamespace }: DeviceContext): Operation[] {
  const own = mounts.findLast(({ destination }) => destination.replace(/\/+$/, '') === '/dev')
  const isBound = own?.type === 'bind' || own?.options?.some((option) => option === 'bind' || option === 'rbind')
  if (isBound) return []
  const byPath = new Map([...DEFAULT_DEVICES, ...devices].map((device) => [device.path, device]))
  for (const [target] of LINKS) byPath.delete(target) // engines list the host's /dev/ptmx among the devices of a privileged container
  const nodes = [...byPath.values()].map((device) => (hasUserNamespace ? bindNode(device) : makeNode(device)))
  return [...nodes, ...LINKS.map(([target, linkTarget]): Operation => ({ op: 'symlink', target, linkTarget }))]
}

function makeNode({ path, type, major = 0, minor = 0, fileMode = 0o666, uid = 0, gid = 0 }: LinuxDevice): Operation {
  const kind = type === 'b' ? 'block' : type === 'p' ? 'fifo' : 'char'
  return { op: 'device', target: path, type: kind, major, minor, mode: fileMode & 0o7777, uid, gid }
}

function bindNode({ path }: LinuxDevice): Operation {
  return { op: 'bind', source: path, target: path, recursive: false, attributes: {}, missing: 'file' }
}

function character(path: string, major: number, minor: number): Required<LinuxDevice> {
  return { type: 'c', path, major, minor, fileMode: 0o666, uid: 0, gid: 0 }
}
