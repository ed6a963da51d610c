import { basename } from 'node:path'
import type { MountOptions, Operation } from '@ct/native'
import type { Cgroup } from '../cgroups/cgroup.ts'

/**
 * Shows the container its own cgroup and nothing above it, by binds of its directories; in a cgroup namespace they are
 * the roots of their hierarchies. Only hierarchies in which it has a cgroup of its own are shown.
 */
export function planCgroupMount(target: string, options: MountOptions, cgroup: Cgroup): Operation[] {
  const attributes = { set: options.set, clear: options.clear }
  const show = (at: string, source: string): Operation => ({
    op: 'bind',
    source,
    target: at,
    recursive: false,
    attributes,
    missing: 'directory',
  })
  if (cgroup.layout.version === 2) return cgroup.hierarchies.map(({ directory }) => show(target, directory))
  const operations: Operation[] = [
    {
      op: 'mount',
      type: 'tmpfs',
      source: 'cgroup',
      target,
      data: ['mode=755', 'size=64k'],
      attributes: { set: options.set.filter((name) => name !== 'rdonly') },
      missing: 'directory',
    },
  ]
  for (const { directory, controllers } of cgroup.hierarchies) {
    const name = controllers.join(',')
    operations.push(show(`${target}/${name}`, directory))
    if (controllers.length > 1) {
      for (const controller of controllers) operations.push({ op: 'symlink', target: `${target}/${controller}`, linkTarget: name })
    }
  }
  for (const mountPoint of cgroup.layout.tracking ?? []) {
    const directory = mountPoint + cgroup.path
    if (cgroup.tracking?.includes(directory)) operations.push(show(`${target}/${basename(mountPoint)}`, directory))
  }
  if (options.set.includes('rdonly')) operations.push({ op: 'attributes', target, attributes: { set: ['rdonly'] } })
  return operations
}
