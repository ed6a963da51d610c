import { writeFileSync } from 'node:fs'
import { hasErrno } from '@ct/errors'
import type { LinuxResources } from '../spec/resources.ts'
import { type Cgroup, cgroupPids, createCgroup, directoryOf } from './cgroup.ts'
import { writeDeviceRules } from './device-rules.ts'
import { needsCpuset, writeLimits } from './limits.ts'

/** Changes the limits of a cgroup with processes in it. */
export function updateCgroup(cgroup: Cgroup, resources: LinuxResources): void {
  const whole = needsCpuset(resources) && directoryOf(cgroup, 'cpuset') === undefined ? enterCpuset(cgroup) : cgroup
  if (resources.devices !== undefined) writeDeviceRules(whole, resources.devices)
  writeLimits(whole, resources)
}

/** Makes the cgroup in the hierarchy of cpuset, where it was not needed before, and moves its processes there, also those that are forked meanwhile. */
function enterCpuset(cgroup: Cgroup): Cgroup {
  const hierarchies = cgroup.layout.hierarchies.filter(({ controllers }) => controllers.includes('cpuset'))
  const cpuset = createCgroup({ version: 1, hierarchies }, cgroup.path, { withCpuset: true })
  const moved = new Set<number>()
  const unmoved = () => cgroupPids(cgroup).filter((pid) => !moved.has(pid))
  for (let pids = unmoved(); pids.length > 0; pids = unmoved()) {
    for (const pid of pids) {
      for (const { directory } of cpuset.hierarchies) enter(`${directory}/cgroup.procs`, pid)
      moved.add(pid)
    }
  }
  return { ...cgroup, hierarchies: [...cgroup.hierarchies, ...cpuset.hierarchies] }
}

function enter(file: string, pid: number): void {
  try {
    writeFileSync(file, String(pid))
  } catch (error) {
    if (!hasErrno(error, 'ESRCH')) throw error
  }
}
