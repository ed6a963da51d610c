import type { Cgroup } from '../cgroups/cgroup.ts'
import { freeze, hasFreezer, isFrozen, thaw } from '../cgroups/freezer.ts'
import { updateScope } from '../cgroups/systemd-scope.ts'
import { updateCgroup } from '../cgroups/update-cgroup.ts'
import type { LinuxResources } from '../spec/resources.ts'
import { type ContainerRecord, writeRecord } from './record.ts'

/** The container whose limits are changed. */
export interface UpdateTarget {
  readonly record: ContainerRecord
  readonly cgroup: Cgroup
  readonly directory: string
}

/** Changes the limits of a container, and tells systemd of them when it has made the cgroup. */
export async function updateContainer(resources: LinuxResources, { record, cgroup, directory }: UpdateTarget): Promise<void> {
  const { scope } = record
  const isV1 = cgroup.layout.version === 1
  if (scope !== undefined && isV1) await withoutRunning(cgroup, () => updateScopeV1(resources, { record, cgroup, directory }))
  else {
    if (scope !== undefined) await updateScope(scope, cgroup.layout, resources)
    await updateCgroup(cgroup, resources)
  }
  if (resources.devices !== undefined) writeRecord(directory, { ...record, devices: resources.devices })
}

/** Whatever it is told, systemd writes its own form of the device rules, so they are written again. */
async function updateScopeV1(resources: LinuxResources, { record: { scope, devices }, cgroup }: UpdateTarget): Promise<void> {
  if (scope !== undefined) await updateScope(scope, cgroup.layout, resources)
  await updateCgroup(cgroup, { ...resources, devices: resources.devices ?? devices ?? [] })
}

/** The container stands still meanwhile, so that it sees no device denied that it may use. */
async function withoutRunning(cgroup: Cgroup, act: () => Promise<void>): Promise<void> {
  const mayFreeze = hasFreezer(cgroup) && !isFrozen(cgroup)
  if (mayFreeze) await freeze(cgroup)
  try {
    await act()
  } finally {
    if (mayFreeze) thaw(cgroup)
  }
}
