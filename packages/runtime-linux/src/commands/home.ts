import { readFileSync, realpathSync, statSync } from 'node:fs'
import { hasErrno } from '@ct/errors'
import type { Process } from '../spec/process.ts'
import { resolveUser } from '../users/resolve-user.ts'

/** Gives a process the HOME of its user, as runc does, unless it has one. */
export function withHome(process: Process, rootfs: string): Process {
  const { env = [], user } = process
  if (env.some((entry) => entry.startsWith('HOME='))) return process
  const { home } = resolveUser(String(user.uid), { passwd: readInside(rootfs, '/etc/passwd') })
  return { ...process, env: [...env, `HOME=${home}`] }
}

/** Reads a file of a root file system, unless links lead out of it. */
function readInside(rootfs: string, path: string): string | undefined {
  try {
    const root = realpathSync(rootfs)
    const file = realpathSync(root + path)
    return file.startsWith(`${root}/`) && statSync(file).isFile() ? readFileSync(file, 'utf8') : undefined
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES')) return undefined
    throw error
  }
}
