import { writeFileSync } from 'node:fs'
import { hasErrno } from '@ct/errors'
import type { LinuxResources } from '../spec/resources.ts'
import { type Cgroup, cgroupPids, createCgroup, directoryOf } from './cgroup.ts'
import type { Controller } from './layout.ts'
import { demandedControllers, writeLimits } from './limits.ts'
import { writeDeviceRules } from './write-device-rules.ts'

/** Changes the limits of a cgroup with processes in it. */
export async function updateCgroup(cgroup: Cgroup, resources: LinuxResources): Promise<void> {
  const missing = demandedControllers(cgroup.layout, resources).filter((controller) => directoryOf(cgroup, controller) === undefined)
  const whole = missing.length > 0 ? enterHierarchies(cgroup, missing) : cgroup
  if (resources.devices !== undefined) await writeDeviceRules(whole, resources.devices, { isNew: false })
  writeLimits(whole, resources)
}

/** Makes the cgroup in hierarchies where it was not needed before, and moves its processes there, also those that are forked meanwhile. */
function enterHierarchies(cgroup: Cgroup, wanted: readonly Controller[]): Cgroup {
  const hierarchies = cgroup.layout.hierarchies.filter(({ controllers }) => controllers.some((controller) => wanted.includes(controller)))
  const added = createCgroup({ version: 1, hierarchies }, cgroup.path, { demanded: wanted })
  const moved = new Set<number>()
  const unmoved = () => cgroupPids(cgroup).filter((pid) => !moved.has(pid))
  for (let pids = unmoved(); pids.length > 0; pids = unmoved()) {
    for (const pid of pids) {
      for (const { directory } of added.hierarchies) enter(`${directory}/cgroup.procs`, pid)
      moved.add(pid)
    }
  }
  return { ...cgroup, hierarchies: [...cgroup.hierarchies, ...added.hierarchies] }
}

function enter(file: string, pid: number): void {
  try {
    writeFileSync(file, String(pid))
  } catch (error) {
    if (!hasErrno(error, 'ESRCH')) throw error
  }
}
