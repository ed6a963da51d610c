import { readFileSync } from 'node:fs'
import { geteuid } from 'node:process'
import { hasErrno } from '@ct/errors'
import { ownerName } from './owner-name.ts'

/** Ids that belong to a user beside their own. */
export interface IdRange {
  readonly first: number
  readonly count: number
}

/** The ranges of the user who runs this program; root has all ids anyway. */
export function subordinateIds(): { readonly uids: IdRange | undefined; readonly gids: IdRange | undefined } {
  const uid = geteuid?.() ?? 0
  const names = [ownerName('/proc/self'), String(uid)]
  const read = (path: string) => (uid === 0 ? undefined : parseSubordinateIds(readText(path), names))
  return { uids: read('/etc/subuid'), gids: read('/etc/subgid') }
}

/**
 * The first range that a line gives to one of the names.
 * @see https://man7.org/linux/man-pages/man5/subuid.5.html
 */
export function parseSubordinateIds(text: string, names: readonly string[]): IdRange | undefined {
  const lines = text.split('\n').map((line) => /^([^:#]+):(\d{1,10}):(\d{1,10})\s*$/.exec(line))
  const ranges = lines.filter((match) => match !== null && names.includes(match[1] ?? '') && Number(match[3]) > 0)
  const [, , first, count] = ranges[0] ?? []
  return first === undefined ? undefined : { first: Number(first), count: Number(count) }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'EACCES')) return ''
    throw error
  }
}
