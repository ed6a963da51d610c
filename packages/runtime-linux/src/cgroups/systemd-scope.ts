import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { geteuid } from 'node:process'
import { launch } from '@ct/native'
import { checkUnitName, SystemdError, SystemdManager, scopeProperties, slicePath } from '@ct/systemd'
import { RuntimeError } from '../errors.ts'
import type { LinuxResources } from '../spec/resources.ts'
import type { CgroupLayout } from './layout.ts'

/** A unit of systemd that a container's cgroup belongs to. */
export interface Scope {
  readonly slice: string
  readonly unit: string
}

const DEFAULT_SLICE = 'system.slice'
const SIGKILL = 9

/**
 * The scope that a `cgroupsPath` of the form `slice:prefix:name` means, as in runc; undefined when it has another form.
 * @throws SystemdError SYSTEMD_BAD_NAME.
 */
export function parseScope(cgroupsPath: string): Scope | undefined {
  const [, slice, prefix, name] = /^([^/:]*):([^/:]*):([^/:]+)$/.exec(cgroupsPath) ?? []
  if (name === undefined) return undefined
  const scope = { slice: slice || DEFAULT_SLICE, unit: `${prefix ? `${prefix}-` : ''}${name}.scope` }
  slicePath(scope.slice)
  checkUnitName(scope.unit, 'scope')
  return scope
}

/**
 * The path of a scope's cgroup below the mount points, whether it is there or not.
 * @throws RuntimeError RUNTIME_UNSUPPORTED where systemd does not run, or is not this user's to ask.
 */
export async function scopePath({ slice, unit }: Scope, layout: CgroupLayout): Promise<string> {
  if (layout.version === 1 || geteuid?.() !== 0) {
    const reason = layout.version === 1 ? 'cgroups of version 2' : 'root'
    throw new RuntimeError('RUNTIME_UNSUPPORTED', `linux.cgroupsPath: scopes of systemd need ${reason}`, {
      kind: 'unsupported',
      hint: 'give a path of a cgroup, or none',
    })
  }
  const base = await withManager((manager) => manager.controlGroup())
  return `${base}${slicePath(slice)}/${unit}`
}

/**
 * Makes a scope, and keeps a process in it until it is disposed: systemd makes none without a process, and forgets those
 * whose last one has gone. It counts as one of the scope's tasks.
 */
export async function holdScope(
  { slice, unit }: Scope,
  { id, directory, resources }: { readonly id: string; readonly directory: string; readonly resources: LinuxResources },
): Promise<AsyncDisposable> {
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
  const properties = [['Delegate', 'b', true] as const, ...accounting(), ...scopeProperties(resources)]
  const scope = { name: unit, slice, description: `ct container ${id}`, pids: [process.pid], properties }
  try {
    await withManager((manager) => manager.startScope(scope))
    return holder
  } catch (error) {
    await holder[Symbol.asyncDispose]()
    throw error
  }
}

/** Tells systemd of new limits, which it would otherwise undo. */
export async function updateScope({ unit }: Scope, resources: LinuxResources): Promise<void> {
  const properties = scopeProperties(resources)
  if (properties.length > 0) await withManager((manager) => manager.setProperties(unit, properties))
}

/** Lets systemd remove a scope with its cgroup; whatever is in it is killed. */
export async function stopScope({ unit }: Scope): Promise<void> {
  await withManager((manager) => manager.stopUnit(unit))
}

function accounting() {
  return ['CPUAccounting', 'MemoryAccounting', 'IOAccounting', 'TasksAccounting'].map((name) => [name, 'b', true] as const)
}

async function withManager<Result>(act: (manager: SystemdManager) => Promise<Result>): Promise<Result> {
  try {
    using manager = await SystemdManager.connect()
    return await act(manager)
  } catch (error) {
    if (!(error instanceof SystemdError)) throw error
    const { message, kind, hint } = error
    throw new RuntimeError(kind === 'unsupported' ? 'RUNTIME_UNSUPPORTED' : 'RUNTIME_CGROUP_FAILED', message, { kind, hint, cause: error })
  }
}
