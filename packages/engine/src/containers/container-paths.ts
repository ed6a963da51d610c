import { join } from 'node:path'

const SOCKET_PATH_LIMIT = 107

/** The parts of an id that are enough for a name in the runtime directory, where socket paths must be short. */
const SHORT = 16

/** Files of a container in its own directory. */
export function containerPaths(directory: string): {
  readonly log: string
  readonly exit: string
  readonly hosts: string
  readonly hostname: string
  readonly resolvConf: string
  readonly rootfs: string
} {
  return {
    log: join(directory, 'json.log'),
    exit: join(directory, 'exit'),
    hosts: join(directory, 'hosts'),
    hostname: join(directory, 'hostname'),
    resolvConf: join(directory, 'resolv.conf'),
    rootfs: join(directory, 'rootfs'),
  }
}

/** Directory of the supervisors' sockets. */
export const socketDirectory = (runtimeDirectory: string): string => join(runtimeDirectory, 's')

/** Socket of the supervisor of a container or exec. */
export const socketPath = (runtimeDirectory: string, id: string): string => join(socketDirectory(runtimeDirectory), id.slice(0, SHORT))

/** Whether sockets below a runtime directory have paths that the kernel takes. */
export function hasRoomForSockets(runtimeDirectory: string): boolean {
  return Buffer.byteLength(socketPath(runtimeDirectory, 'x'.repeat(SHORT))) <= SOCKET_PATH_LIMIT
}
