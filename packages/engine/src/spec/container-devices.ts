import { lstatSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { hasErrno } from '@ct/errors'
import type { LinuxDevice, LinuxDeviceRule } from '@ct/runtime-linux'
import type { DeviceSpec } from '../containers/container-spec.ts'
import { EngineError } from '../errors.ts'

/** Devices of the host for a container, and the rules that let it use them. */
export interface ContainerDevices {
  readonly devices: readonly LinuxDevice[]
  readonly rules: readonly LinuxDeviceRule[]
}

const NONE: ContainerDevices = { devices: [], rules: [] }
/** What the runtime makes itself, or mounts. */
const OWN = new Set(['pts', 'shm', 'mqueue', 'hugepages', 'fd', 'stdin', 'stdout', 'stderr', 'core', 'console', 'ptmx', '.udev', '.lxc'])

/** The devices that were asked for; a directory stands for every device in it. `ENGINE_BAD_MOUNT` when one is not there. */
export function containerDevices(specs: readonly DeviceSpec[]): ContainerDevices {
  return specs.map((spec) => fromSpec(spec)).reduce(joined, NONE)
}

/** Every device of the host, for a privileged container. */
export function hostDevices(): ContainerDevices {
  const devices = nodesIn('/dev', '/dev')
  return { devices, rules: [{ allow: true, access: 'rwm' }] }
}

function fromSpec({ hostPath, containerPath = hostPath, permissions = 'rwm' }: DeviceSpec): ContainerDevices {
  if (!/^[rwm]+$/.test(permissions)) throw badDevice(hostPath, `invalid device mode: ${permissions}`)
  const source = resolved(hostPath)
  const devices = statSync(source).isDirectory() ? nodesIn(source, containerPath) : [deviceAt(source, containerPath)]
  const found = devices.filter((device) => device !== undefined)
  if (found.length === 0) throw badDevice(hostPath, 'not a device node')
  const rules = found.map(
    ({ type, major, minor }): LinuxDeviceRule => ({ allow: true, type: type === 'b' ? 'b' : 'c', major, minor, access: permissions }),
  )
  return { devices: found, rules }
}

function nodesIn(directory: string, containerDirectory: string): LinuxDevice[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    if (OWN.has(entry.name)) return []
    const path = join(directory, entry.name)
    const containerPath = join(containerDirectory, entry.name)
    if (entry.isDirectory()) return nodesIn(path, containerPath)
    return deviceAt(path, containerPath) ?? []
  })
}

function deviceAt(path: string, containerPath: string): LinuxDevice | undefined {
  const status = lstatSync(path, { throwIfNoEntry: false })
  if (status === undefined || !(status.isCharacterDevice() || status.isBlockDevice())) return undefined
  const type = status.isBlockDevice() ? 'b' : 'c'
  const { rdev, mode, uid, gid } = status
  return { type, path: containerPath, major: majorOf(rdev), minor: minorOf(rdev), fileMode: mode & 0o7777, uid, gid }
}

/** How glibc splits dev_t; the low 44 bits are enough for every device that the kernel gives out. */
const majorOf = (device: number): number => Math.floor(device / 256) & 0xfff
const minorOf = (device: number): number => (device & 0xff) | ((Math.floor(device / 4096) & 0xfffff00) >>> 0)

function resolved(path: string): string {
  try {
    return realpathSync(path)
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR')) throw badDevice(path, 'no such file or directory')
    throw error
  }
}

function joined(a: ContainerDevices, b: ContainerDevices): ContainerDevices {
  return { devices: [...a.devices, ...b.devices], rules: [...a.rules, ...b.rules] }
}

function badDevice(path: string, problem: string): EngineError {
  return new EngineError('ENGINE_BAD_MOUNT', `error gathering device information while adding custom device "${path}": ${problem}`, {
    kind: 'invalid',
  })
}
