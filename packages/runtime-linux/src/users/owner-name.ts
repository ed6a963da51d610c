import { readFileSync, statSync } from 'node:fs'
import { hasErrno } from '@ct/errors'

/**
 * Name of the user who owns a file, by the machine's /etc/passwd; their number when they have no entry there, and nothing
 * when the file is gone.
 */
export function ownerName(path: string): string {
  const uid = statSync(path, { throwIfNoEntry: false })?.uid
  if (uid === undefined) return ''
  const lines = readPasswd().split('\n')
  return lines.map((line) => line.split(':')).find((fields) => fields[2] === String(uid))?.[0] ?? String(uid)
}

function readPasswd(): string {
  try {
    return readFileSync('/etc/passwd', 'utf8')
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'EACCES')) return ''
    throw error
  }
}
