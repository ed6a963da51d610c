import type { UnitProperty } from './systemd-manager.ts'

/** A rule about devices, as the runtime specification has it; a number that is absent or negative stands for all. */
export interface DeviceRule {
  readonly allow: boolean
  /** `c`, `b`, or `a` for both. Default: `a`. */
  readonly type?: string | undefined
  readonly major?: number | undefined
  readonly minor?: number | undefined
  /** Of `r`, `w` and `m`. Default: all. */
  readonly access?: string | undefined
}

/** What is allowed so far. */
interface Entry {
  readonly type: string
  readonly major: number | undefined
  readonly minor: number | undefined
  access: string
}

/**
 * Properties of a unit for a list of rules, of which the last that matches decides; what none matches is denied. systemd
 * writes them to the devices controller of version 1 when it looks after its units; without them a unit of its may use
 * everything. It knows no exceptions: where rules cannot be said exactly, less is allowed, until whoever made the unit
 * writes them again.
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemd.resource-control.html#DeviceAllow=
 */
export function deviceProperties(rules: readonly DeviceRule[]): UnitProperty[] {
  const isWhole = rules.length === 1 && rules.every((rule) => rule.allow && isEverything(rule))
  return [
    ['DevicePolicy', 's', isWhole ? 'auto' : 'strict'],
    ['DeviceAllow', 'a(ss)', []], // ends what an earlier list allowed
    ...(isWhole ? [] : [['DeviceAllow', 'a(ss)', allowed(rules)] as const]),
  ]
}

function allowed(rules: readonly DeviceRule[]): [path: string, access: string][] {
  const entries: Entry[] = []
  for (const { allow, access, ...rule } of rules) {
    const letters = [...'rwm'].filter((letter) => (access || 'rwm').includes(letter)).join('')
    for (const type of rule.type === 'c' || rule.type === 'b' ? [rule.type] : ['c', 'b']) {
      const entry = { type, major: numberOf(rule.major), minor: numberOf(rule.minor), access: letters }
      if (allow) entries.push(entry)
      else for (const other of entries.filter((one) => overlap(one, entry))) other.access = without(other.access, letters)
    }
  }
  return entries.flatMap((entry) => {
    const path = pathOf(entry)
    return path === undefined || entry.access === '' ? [] : [[path, entry.access]]
  })
}

/** How systemd names it; there is no name for one minor number of all drivers. */
function pathOf({ type, major, minor }: Entry): string | undefined {
  const kind = type === 'c' ? 'char' : 'block'
  if (minor === undefined) return `${kind}-${major ?? '*'}`
  return major === undefined ? undefined : `/dev/${kind}/${major}:${minor}`
}

function overlap(one: Entry, other: Entry): boolean {
  const mayMeet = (a: number | undefined, b: number | undefined) => a === undefined || b === undefined || a === b
  return one.type === other.type && mayMeet(one.major, other.major) && mayMeet(one.minor, other.minor)
}

function without(access: string, letters: string): string {
  return [...access].filter((letter) => !letters.includes(letter)).join('')
}

function numberOf(value: number | undefined): number | undefined {
  return value === undefined || value < 0 ? undefined : value
}

function isEverything({ type, major, minor, access }: DeviceRule): boolean {
  const isBoth = type !== 'c' && type !== 'b'
  return (
    isBoth &&
    numberOf(major) === undefined &&
    numberOf(minor) === undefined &&
    [...'rwm'].every((letter) => (access || 'rwm').includes(letter))
  )
}
