import type { SpecMount } from '@ct/runtime-linux'
import type { ContainerMount, ContainerRecord } from '../containers/container-record.ts'

/** The mounts of a container beyond those that every container has, in the order they are to be made. */
export function containerMounts(record: ContainerRecord): SpecMount[] {
  const { hostsPath, hostnamePath, resolvConfPath, mounts } = record
  const taken = new Set(mounts.map(({ target }) => target))
  const files: readonly (readonly [string, string])[] = [
    ['/etc/hosts', hostsPath],
    ['/etc/hostname', hostnamePath],
    ['/etc/resolv.conf', resolvConfPath],
  ]
  const own = files
    .filter(([destination]) => !taken.has(destination))
    .map(([destination, source]): SpecMount => ({ destination, type: 'bind', source, options: ['bind', 'rprivate'] }))
  return [...mounts.map(specMount), ...own]
}

function specMount(mount: ContainerMount): SpecMount {
  if (mount.type === 'tmpfs') {
    return {
      destination: mount.target,
      type: 'tmpfs',
      source: 'tmpfs',
      options: [...(mount.options ?? []), ...(mount.readOnly ? ['ro'] : [])],
    }
  }
  const isRecursive = mount.nonRecursive !== true
  // A bind is never made more writable than its source; read-only reaches the mounts below, too.
  const access = mount.readOnly ? [isRecursive ? 'rro' : 'ro'] : []
  const propagation = mount.propagation === '' ? 'rprivate' : mount.propagation
  return {
    destination: mount.target,
    type: 'bind',
    source: mount.source,
    options: [isRecursive ? 'rbind' : 'bind', propagation, ...access],
  }
}
