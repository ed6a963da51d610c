import { readFileSync } from 'node:fs'
import { isMachineRoot } from '../users/machine-root.ts'
import type { CgroupLayout } from './layout.ts'

/**
 * Below which cgroup a container's is made unless it is said: `ct`; of a user on version 2, below the one that they are
 * in, which is the only one from which a process can come into what is delegated to them.
 */
export function defaultCgroupParent({ version }: CgroupLayout): string {
  const own = isMachineRoot() || version === 1 ? undefined : /^0::\/(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1]
  return own || 'ct'
}
