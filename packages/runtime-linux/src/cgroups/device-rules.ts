import { closeSync, openSync, writeSync } from 'node:fs'
import type { LinuxDeviceRule } from '../spec/resources.ts'
import { type Cgroup, directoryOf } from './cgroup.ts'

/** What every container may do with devices: make any node, and use those of /dev and its ptys; as in runc. */
const ALWAYS: readonly LinuxDeviceRule[] = [
  { allow: true, type: 'c', access: 'm' },
  { allow: true, type: 'b', access: 'm' },
  { allow: true, type: 'c', major: 1, minor: 3, access: 'rwm' },
  { allow: true, type: 'c', major: 1, minor: 5, access: 'rwm' },
  { allow: true, type: 'c', major: 1, minor: 7, access: 'rwm' },
  { allow: true, type: 'c', major: 1, minor: 8, access: 'rwm' },
  { allow: true, type: 'c', major: 1, minor: 9, access: 'rwm' },
  { allow: true, type: 'c', major: 5, minor: 0, access: 'rwm' },
  { allow: true, type: 'c', major: 5, minor: 1, access: 'rwm' },
  { allow: true, type: 'c', major: 5, minor: 2, access: 'rwm' },
  { allow: true, type: 'c', major: 136, access: 'rwm' },
]

/** One line for `devices.allow` or `devices.deny`. */
export interface DeviceLine {
  readonly file: 'devices.allow' | 'devices.deny'
  readonly line: string
}

/**
 * All rules that hold for a container, beginning with one for every device; the last matching one decides. Without any
 * the list is: nothing but the devices that every container has.
 */
export function effectiveRules(rules: readonly LinuxDeviceRule[] = []): readonly [LinuxDeviceRule, ...LinuxDeviceRule[]] {
  const whole = rules.findLastIndex(isWhole)
  const allow = rules[whole]?.allow ?? false
  return [{ allow }, ...rules.slice(whole + 1), ...(allow ? [] : ALWAYS)]
}

/**
 * The lines that bring a cgroup of version 1 to a list of rules.
 * @see https://docs.kernel.org/admin-guide/cgroup-v1/devices.html
 */
export function deviceLines(rules?: readonly LinuxDeviceRule[]): DeviceLine[] {
  const [first, ...rest] = effectiveRules(rules)
  return [{ file: first.allow ? 'devices.allow' : 'devices.deny', line: 'a' }, ...rest.map(lineOf)]
}

/** Writes the rules of a cgroup of version 1; one without the controller is left alone. */
export function writeDeviceLines(cgroup: Cgroup, rules: readonly LinuxDeviceRule[] | undefined): void {
  const directory = directoryOf(cgroup, 'devices')
  if (directory === undefined) return
  const open = new Map<string, number>()
  try {
    for (const { file, line } of deviceLines(rules)) {
      const fd = open.get(file) ?? openSync(`${directory}/${file}`, 'w')
      open.set(file, fd)
      writeSync(fd, line)
    }
  } finally {
    for (const fd of open.values()) closeSync(fd)
  }
}

/**
 * Whether nodes that the container makes are harmless: its cgroup holds the device rules, or these allow everything
 * anyway. Otherwise the container must not make any.
 */
export function hasDeviceControl(cgroup: Cgroup, rules: readonly LinuxDeviceRule[] = []): boolean {
  if (cgroup.layout.version === 2 ? cgroup.hierarchies.length > 0 : directoryOf(cgroup, 'devices') !== undefined) return true
  const last = rules.at(-1)
  return last?.allow === true && isWhole(last)
}

function isWhole({ type, major, minor, access = 'rwm' }: LinuxDeviceRule): boolean {
  const isAny = (number: number | undefined) => number === undefined || number < 0
  return (!type || type === 'a') && isAny(major) && isAny(minor) && /^(?=.*r)(?=.*w)(?=.*m)|^$/.test(access)
}

function lineOf({ allow, type, major, minor, access = 'rwm' }: LinuxDeviceRule): DeviceLine {
  const number = (value: number | undefined) => (value === undefined || value < 0 ? '*' : String(value))
  const line = `${type || 'a'} ${number(major)}:${number(minor)} ${access || 'rwm'}`
  return { file: allow ? 'devices.allow' : 'devices.deny', line }
}
