import { readFileSync } from 'node:fs'
import { hasErrno } from '@ct/errors'
import { type Cgroup, directoryOf } from './cgroup.ts'
import type { Controller } from './layout.ts'

/** Reads a file of a cgroup; without a controller, of its only hierarchy. Empty where the machine does not count. */
export function readStat(cgroup: Cgroup, controller: Controller | undefined, file: string): string {
  const directory = controller === undefined ? cgroup.hierarchies[0]?.directory : directoryOf(cgroup, controller)
  if (directory === undefined) return ''
  try {
    return readFileSync(`${directory}/${file}`, 'utf8')
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENODEV', 'EOPNOTSUPP')) return ''
    throw error
  }
}

/** Lines of a name and a number. */
export function statTable(text: string): Record<string, number> {
  const rows = text.split('\n').map((line) => line.split(' '))
  return Object.fromEntries(rows.filter(([key, value]) => key && value).map(([key, value]) => [key, Number(value)]))
}

/** A file that is a number; none is 0. */
export function statNumber(text: string): number {
  return Number(text.trim() || 0)
}

/** A limit; undefined is none. */
export function statLimit(text: string): number | undefined {
  const word = text.trim()
  return word === '' || word === 'max' ? undefined : Number(word)
}
