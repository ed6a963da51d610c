import type { Operation } from '@ct/native'
import type { Cgroup } from '../cgroups/cgroup.ts'
import type { MountOptions } from './mount-options.ts'

/** What a cgroup mount shows. */
export interface CgroupMountContext {
  readonly cgroup: Cgroup
  readonly hasCgroupNamespace: boolean
}

/**
 * Shows the container its own cgroup and nothing above it: with a cgroup namespace by a mount of each hierarchy, which
 * then begins at the container's cgroup, without one by binds of its directories. Only hierarchies in which it has a
 * cgroup of its own are shown.
 */
export function planCgroupMount(target: string, options: MountOptions, { cgroup, hasCgroupNamespace }: CgroupMountContext): Operation[] {
  const attributes = { set: options.set, clear: options.clear }
  const show = (at: string, directory: string, hierarchy: { readonly type: string; readonly data: readonly string[] }): Operation =>
    hasCgroupNamespace
      ? { op: 'mount', type: hierarchy.type, source: 'cgroup', target: at, data: hierarchy.data, attributes, missing: 'directory' }
      : { op: 'bind', source: directory, target: at, recursive: false, attributes, missing: 'directory' }
  if (cgroup.layout.version === 2) {
    return cgroup.hierarchies.map(({ directory }) => show(target, directory, { type: 'cgroup2', data: [] }))
  }
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
    operations.push(show(`${target}/${name}`, directory, { type: 'cgroup', data: controllers }))
    if (controllers.length > 1) {
      for (const controller of controllers) operations.push({ op: 'symlink', target: `${target}/${controller}`, linkTarget: name })
    }
  }
  if (options.set.includes('rdonly')) operations.push({ op: 'attributes', target, attributes: { set: ['rdonly'] } })
  return operations
}
