import { mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { hasErrno } from '@ct/errors'
import type { NamespaceType } from '@ct/native'
import type { Scope } from '../cgroups/systemd-scope.ts'
import { RuntimeError } from '../errors.ts'
import type { Hooks } from '../spec/hooks.ts'
import type { LinuxMemoryPolicy } from '../spec/linux.ts'
import type { Process } from '../spec/process.ts'
import type { LinuxDeviceRule } from '../spec/resources.ts'
import type { Listener } from './listener-message.ts'

/** What a runtime remembers of a container, `state.json` in its state directory. */
export interface ContainerRecord {
  readonly version: 1
  readonly ociVersion: string
  readonly id: string
  /** 0 while it is being created. */
  readonly pid: number
  /** Start time of `pid` in clock ticks since boot, as text; tells a reused pid. */
  readonly pidStartTime: string
  readonly bundle: string
  readonly rootfs: string
  readonly createdAt: string
  readonly isStarted: boolean
  /** Whether a process of the helper keeps its output and exit status; the command's containers have none. */
  readonly isSupervised: boolean
  readonly cgroup: string
  /** The unit of systemd that the cgroup belongs to. */
  readonly scope?: Scope | undefined
  readonly socketPath: string
  readonly exitPath: string
  readonly annotations: Readonly<Record<string, string>>
  /** Those the container does not share with the host. */
  readonly namespaces: readonly NamespaceType[]
  /** Defaults of an exec. */
  readonly process: Process
  /** Flags of the filter, whose program is the file {@link FILTER}; undefined without one. */
  readonly filterFlags?: number | undefined
  /** Who is asked about its calls; undefined when the filter asks nobody. */
  readonly listener?: Listener | undefined
  readonly devices?: readonly LinuxDeviceRule[] | undefined
  readonly memoryPolicy?: LinuxMemoryPolicy | undefined
  readonly hooks?: Hooks | undefined
}

/** Name of the file with the compiled system call filter, for execs. */
export const FILTER = 'filter.bpf'

const FILE = 'state.json'

/** Writes a record so that a reader sees the old or the new one, never a part. */
export function writeRecord(directory: string, record: ContainerRecord): void {
  const temporary = `${directory}/.${FILE}.${process.pid}`
  try {
    writeFileSync(temporary, JSON.stringify(record), { mode: 0o600 })
    renameSync(temporary, `${directory}/${FILE}`)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

/**
 * Reads the record of a container; undefined when there is none.
 * @throws RuntimeError RUNTIME_BAD_STATE when it is not a record of this version.
 */
export function readRecord(directory: string): ContainerRecord | undefined {
  const path = `${directory}/${FILE}`
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
  return parseRecord(text, path)
}

/**
 * Takes an id for a new container by making its directory.
 * @throws RuntimeError RUNTIME_ID_IN_USE.
 */
export function claimDirectory(stateDirectory: string, id: string): string {
  const directory = `${stateDirectory}/${id}`
  mkdirSync(stateDirectory, { recursive: true, mode: 0o711 })
  try {
    mkdirSync(directory, { mode: 0o711 })
  } catch (error) {
    if (!hasErrno(error, 'EEXIST')) throw error
    throw new RuntimeError('RUNTIME_ID_IN_USE', `container with id ${id} already exists`, { kind: 'conflict', cause: error })
  }
  return directory
}

/** Removes a container's directory. It has files alone, which take half the time one by one; whatever else is there goes, too. */
export function removeDirectory(directory: string): void {
  try {
    for (const name of readdirSync(directory)) unlinkSync(`${directory}/${name}`)
    rmdirSync(directory)
  } catch {
    rmSync(directory, { recursive: true, force: true })
  }
}

function parseRecord(text: string, path: string): ContainerRecord {
  const corrupt = (cause?: unknown) =>
    new RuntimeError('RUNTIME_BAD_STATE', `${path} is not the state of a container`, {
      kind: 'corrupt',
      hint: 'delete the container with force',
      cause,
    })
  let value: Partial<ContainerRecord> | null
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw corrupt(error)
  }
  if (value?.version !== 1 || typeof value.id !== 'string' || typeof value.pid !== 'number' || typeof value.cgroup !== 'string')
    throw corrupt()
  return value as ContainerRecord
}
