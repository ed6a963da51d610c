import { type Cgroup, createCgroup, removeEmptyCgroup } from '../cgroups/cgroup.ts'
import type { CgroupLayout } from '../cgroups/layout.ts'
import { demandedControllers, writeLimits } from '../cgroups/limits.ts'
import type { Scope } from '../cgroups/systemd-scope.ts'
import { writeDeviceRules } from '../cgroups/write-device-rules.ts'
import { RuntimeError } from '../errors.ts'
import type { LinuxResources } from '../spec/resources.ts'
import { isMachineRoot } from '../users/machine-root.ts'
import type { OnWarning } from './run-hooks.ts'

/** The cgroup that a container is to have. */
export interface CgroupRequest {
  readonly layout: CgroupLayout
  readonly cgroupPath: string
  /** The unit that has made it already, as far as systemd does. */
  readonly scope?: Scope | undefined
  readonly resources: LinuxResources
  readonly onWarning?: OnWarning | undefined
}

/** Makes a container's cgroup with its limits and device rules, for the container's process to be born into. */
export async function prepareCgroup({ layout, cgroupPath, scope, resources, onWarning }: CgroupRequest): Promise<Cgroup> {
  const isManaged = scope !== undefined
  const cgroup = createCgroup(layout, cgroupPath, { demanded: demandedControllers(layout, resources), isManaged })
  if (cgroup.hierarchies.length === 0 && layout.hierarchies.length > 0) onWarning?.(notDelegated(cgroupPath))
  try {
    // In the user namespace of a user there are no devices but those that are bound, and they may not give any rules.
    if (isMachineRoot()) await writeDeviceRules(cgroup, resources.devices, { isNew: true })
    writeLimits(cgroup, isManaged ? withRoom(resources) : resources)
    return cgroup
  } catch (error) {
    removeEmptyCgroup(cgroup)
    throw error
  }
}

/** Room for who holds the scope, until the container's own process is in it. */
function withRoom(resources: LinuxResources): LinuxResources {
  const { pids } = resources
  return pids && pids.limit > 0 ? { ...resources, pids: { limit: pids.limit + 1 } } : resources
}

function notDelegated(path: string): RuntimeError {
  return new RuntimeError(
    'RUNTIME_CGROUP_FAILED',
    `no cgroup is delegated to this user at ${path}: there are no limits, statistics or pause`,
    {
      kind: 'denied',
      hint: 'name a cgroup that belongs to the user as the parent',
    },
  )
}
