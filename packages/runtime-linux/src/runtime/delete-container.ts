import { setTimeout as sleep } from 'node:timers/promises'
import { type Cgroup, cgroupPids, removeCgroup, removeEmptyCgroup } from '../cgroups/cgroup.ts'
import { isFrozen, thaw } from '../cgroups/freezer.ts'
import { type Scope, stopScope } from '../cgroups/systemd-scope.ts'
import { RuntimeError } from '../errors.ts'
import { settleExit } from './control-container.ts'
import { type ContainerRecord, readRecord, removeDirectory } from './record.ts'
import { type OnWarning, runLateHooks } from './run-hooks.ts'
import { SIGKILL, sendSignal } from './signals.ts'
import { stateOf } from './state-of.ts'
import { containerStatus, isAlive } from './status.ts'

/** What is to be deleted. */
export interface DeleteRequest {
  readonly id: string
  readonly directory: string
  readonly force: boolean
  readonly cgroupOf: (record: ContainerRecord) => Cgroup
  readonly onWarning: OnWarning | undefined
}

const KILL_TIMEOUT_MS = 10_000

/** Removes a container's processes, cgroup and state, in this order, then runs the hooks that come after. */
export async function deleteContainer({ id, directory, force, cgroupOf, onWarning }: DeleteRequest): Promise<void> {
  const record = readForDeletion(directory, force)
  if (record === undefined) {
    if (!force) throw new RuntimeError('RUNTIME_NO_CONTAINER', `container ${id} does not exist`, { kind: 'not-found' })
    removeDirectory(directory)
    return
  }
  const cgroup = cgroupOf(record)
  const status = containerStatus(record, () => cgroup)
  if (!force && status !== 'stopped' && status !== 'created') {
    throw new RuntimeError('RUNTIME_WRONG_STATUS', `container ${id} is ${status}, not stopped`, {
      kind: 'conflict',
      hint: 'kill it first, or delete it with force',
    })
  }
  if (status !== 'stopped' || record.scope !== undefined || !removeEmptyCgroup(cgroup)) {
    await killAll(record, cgroup)
    if (record.scope !== undefined) await stopScopeOf(record.scope, cgroup)
    await removeCgroup(cgroup)
  }
  await settleExit(record)
  removeDirectory(directory)
  await runLateHooks(record.hooks, 'poststop', { state: stateOf(record, 'stopped'), onWarning })
}

/** A user's manager that has ended took its scopes with it. */
async function stopScopeOf(scope: Scope, { hierarchies }: Cgroup): Promise<void> {
  try {
    await stopScope(scope)
  } catch (error) {
    const isGone = scope.bus !== undefined && hierarchies.length === 0
    if (!isGone || !(error instanceof RuntimeError) || error.kind !== 'unavailable') throw error
  }
}

/** A record that cannot be read is no reason to keep the rest, when forced. */
function readForDeletion(directory: string, force: boolean): ContainerRecord | undefined {
  try {
    return readRecord(directory)
  } catch (error) {
    if (force && error instanceof RuntimeError) return undefined
    throw error
  }
}

/** Kills the first process and, in case it had no pid namespace of its own, everything in the cgroup. */
async function killAll(record: ContainerRecord, cgroup: Cgroup): Promise<void> {
  const deadline = Date.now() + KILL_TIMEOUT_MS
  for (let delayMs = 1; ; delayMs = Math.min(delayMs * 2, 50)) {
    const isLeft = record.pid > 0 && isAlive(record)
    const pids = new Set([...(isLeft ? [record.pid] : []), ...cgroupPids(cgroup)])
    if (pids.size === 0) return
    if (Date.now() > deadline) {
      throw new RuntimeError('RUNTIME_CGROUP_FAILED', `container ${record.id}: processes ${[...pids].join(', ')} do not end`, {
        kind: 'unavailable',
      })
    }
    for (const pid of pids) sendSignal(pid, SIGKILL)
    if (isFrozen(cgroup)) thaw(cgroup)
    await sleep(delayMs)
  }
}
