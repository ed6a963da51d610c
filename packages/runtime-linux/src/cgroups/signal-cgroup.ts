import { existsSync, writeFileSync } from 'node:fs'
import { type Cgroup, cgroupPids } from './cgroup.ts'
import { freeze, hasFreezer, isFrozen, thaw } from './freezer.ts'

const SIGKILL = 9

/**
 * Sends a signal to everything in a cgroup. Version 2 kills with one write; otherwise the cgroup stands still meanwhile,
 * so that no process escapes by forking.
 */
export async function signalCgroup(cgroup: Cgroup, signal: number, send: (pid: number, signal: number) => void): Promise<void> {
  const [first] = cgroup.hierarchies
  if (first === undefined) return
  const kill = `${first.directory}/cgroup.kill`
  if (signal === SIGKILL && cgroup.layout.version === 2 && existsSync(kill)) {
    writeFileSync(kill, '1')
    return
  }
  const wasFrozen = isFrozen(cgroup)
  const mayFreeze = !wasFrozen && hasFreezer(cgroup)
  if (mayFreeze) await freeze(cgroup)
  try {
    for (const pid of cgroupPids(cgroup)) send(pid, signal)
  } finally {
    if (mayFreeze) thaw(cgroup)
  }
}
