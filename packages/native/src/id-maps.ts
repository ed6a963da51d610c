import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { hasErrno } from '@ct/errors'
import { NativeError } from './errors.ts'
import type { IdMapping } from './plan.ts'

/** The id maps of a user namespace. */
export interface IdMaps {
  readonly uidMappings?: readonly IdMapping[] | undefined
  readonly gidMappings?: readonly IdMapping[] | undefined
}

const run = promisify(execFile)

/**
 * Writes the maps of a process that is in a new user namespace: root by itself, a user its own id alone by itself, and
 * anything else by the set-uid programs newuidmap and newgidmap, which hold it against /etc/subuid and /etc/subgid.
 */
export async function writeIdMaps(pid: number, { uidMappings = [], gidMappings = [] }: IdMaps): Promise<void> {
  await writeMap(pid, 'gid', gidMappings)
  await writeMap(pid, 'uid', uidMappings)
}

async function writeMap(pid: number, kind: 'uid' | 'gid', mappings: readonly IdMapping[]): Promise<void> {
  if (mappings.length === 0) return
  const lines = mappings.map(({ containerId, hostId, size }) => `${containerId} ${hostId} ${size}`)
  const isRoot = process.geteuid?.() === 0
  const own = kind === 'uid' ? process.geteuid?.() : process.getegid?.()
  const isOwn = mappings.length === 1 && mappings[0]?.hostId === own && mappings[0]?.size === 1
  try {
    if (isRoot || isOwn) {
      // What the kernel asks of a user before the group map.
      if (!isRoot && kind === 'gid') writeFileSync(`/proc/${pid}/setgroups`, 'deny')
      writeFileSync(`/proc/${pid}/${kind}_map`, `${lines.join('\n')}\n`)
    } else await run(`new${kind}map`, [String(pid), ...lines.flatMap((line) => line.split(' '))])
  } catch (cause) {
    throw mapError(kind, cause, !isRoot && !isOwn)
  }
}

function mapError(kind: 'uid' | 'gid', cause: unknown, isByProgram: boolean): NativeError {
  const reason = cause instanceof Error ? cause.message.trim() : String(cause)
  const isMissing = isByProgram && hasErrno(cause, 'ENOENT')
  const hint = isMissing
    ? `install new${kind}map (Debian: uidmap), or map your own id alone`
    : isByProgram
      ? `/etc/sub${kind} must give you the ids`
      : undefined
  return new NativeError('NATIVE_LAUNCH_FAILED', `cannot launch the process: ${kind} map: ${reason}`, {
    kind: 'invalid',
    cause,
    hint,
    stage: 'id-map',
  })
}
