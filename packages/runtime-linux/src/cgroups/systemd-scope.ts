import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { launch } from '@ct/native'
import { checkUnitName, deviceProperties, scopeProperties, slicePath, type UnitProperty } from '@ct/systemd'
import { RuntimeError } from '../errors.ts'
import type { LinuxResources } from '../spec/resources.ts'
import { effectiveRules } from './device-rules.ts'
import type { CgroupLayout } from './layout.ts'
import { withManager } from './scope-manager.ts'

/** A unit of systemd that a container's cgroup belongs to. */
export interface Scope {
  readonly slice: string
  readonly unit: string
  /** Address of the bus of the user whose it is. Default: the machine's. */
  readonly bus?: string | undefined
}

const SIGKILL = 9

/**
 * The scope that a `cgroupsPath` of the form `slice:prefix:name` means, as in runc; undefined when it has another form.
 * Without a slice it is in system.slice, of a user in their user.slice.
 * @throws SystemdError SYSTEMD_BAD_NAME.
 */
export function parseScope(cgroupsPath: string, bus?: string): Scope | undefined {
  const [, slice, prefix, name] = /^([^/:]*):([^/:]*):([^/:]+)$/.exec(cgroupsPath) ?? []
  if (name === undefined) return undefined
  const defaultSlice = bus === undefined ? 'system.slice' : 'user.slice'
  const scope = { slice: slice || defaultSlice, unit: `${prefix ? `${prefix}-` : ''}${name}.scope`, bus }
  slicePath(scope.slice)
  checkUnitName(scope.unit, 'scope')
  return scope
}

/**
 * The path of a scope's cgroup below the mount points, whether it is there or not.
 * @throws RuntimeError RUNTIME_UNSUPPORTED where systemd does not run, or has cgroups of version 1 for a user, to whom it
 * delegates none of them; RUNTIME_CGROUP_FAILED where it does not run for this user.
 */
export async function scopePath({ slice, unit, bus }: Scope, layout: CgroupLayout): Promise<string> {
  if (layout.version === 1 && bus !== undefined) {
    throw new RuntimeError('RUNTIME_UNSUPPORTED', 'linux.cgroupsPath: scopes of a user need cgroups of version 2', {
      kind: 'unsupported',
      hint: 'give a path of a cgroup, or none',
    })
  }
  const base = await withManager(bus, (manager) => manager.controlGroup())
  return `${base}${slicePath(slice)}/${unit}`
}

/** The container that a scope is for. */
export interface ScopeRequest {
  readonly id: string
  /** Its state directory. */
  readonly directory: string
  readonly layout: CgroupLayout
  readonly resources: LinuxResources
}

/**
 * Makes a scope, and keeps a process in it until it is disposed: systemd makes none without a process, and forgets those
 * whose last one has gone. It counts as one of the scope's tasks.
 */
export async function holdScope({ slice, unit, bus }: Scope, { id, directory, layout, resources }: ScopeRequest): Promise<AsyncDisposable> {
  const socketPath = `${directory}/scope-${randomBytes(4).toString('hex')}`
  const exitPath = `${socketPath}.exit`
  const supervisor = { socketPath, exitPath, stdio: 'closed-stdin' } as const
  const process = await launch({ supervisor, namespaces: [], cgroupProcs: [], operations: [{ op: 'hold' }] })
  const holder = {
    async [Symbol.asyncDispose]() {
      await process.kill(SIGKILL)
      await process.wait()
      rmSync(exitPath, { force: true })
    },
  }
  const properties = [['Delegate', 'b', true] as const, ...accounting(layout), ...devices(layout, resources), ...limits(layout, resources)]
  const scope = { name: unit, slice, description: `ct container ${id}`, pids: [process.pid], properties }
  try {
    await withManager(bus, (manager) => manager.startScope(scope))
    return holder
  } catch (error) {
    await holder[Symbol.asyncDispose]()
    throw error
  }
}

/**
 * Tells systemd of new limits, which it would otherwise undo. On version 1 it then writes all that it knows of the scope,
 * device rules too, of which nothing is allowed for a moment.
 */
export async function updateScope({ unit, bus }: Scope, layout: CgroupLayout, resources: LinuxResources): Promise<void> {
  const rules = resources.devices === undefined ? [] : devices(layout, resources)
  const properties = [...rules, ...limits(layout, resources)]
  if (properties.length > 0) await withManager(bus, (manager) => manager.setProperties(unit, properties))
}

/** Lets systemd remove a scope with its cgroup; whatever is in it is killed. */
export async function stopScope({ unit, bus }: Scope): Promise<void> {
  await withManager(bus, (manager) => manager.stopUnit(unit))
}

function limits({ version }: CgroupLayout, resources: LinuxResources): UnitProperty[] {
  return scopeProperties(resources, { version })
}

/** On version 2 it is a program of the runtime's own that holds them, which systemd leaves alone. */
function devices({ version }: CgroupLayout, resources: LinuxResources): UnitProperty[] {
  return version === 1 ? deviceProperties(effectiveRules(resources.devices)) : []
}

function accounting({ version }: CgroupLayout): UnitProperty[] {
  const io = version === 1 ? 'BlockIOAccounting' : 'IOAccounting'
  return ['CPUAccounting', 'MemoryAccounting', io, 'TasksAccounting'].map((name) => [name, 'b', true])
}
