import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from 'node:fs'
import { hasErrno } from '@ct/errors'
import { LayerfsError } from '../errors.ts'
import type { Mount } from '../mount.ts'
import { layersOfMounts } from './layers-of-mounts.ts'
import { MergedDirectory, type MergedEntry } from './merged-directory.ts'

/** Options of {@link readFileInMounts}. */
export interface ReadFileOptions {
  /** The most that the file may have. @default 1 MiB */
  readonly maxBytes?: number | undefined
}

const MAX_LINKS = 40

/**
 * Reads a file of a root file system that is not mounted: `/etc/passwd` of a container, say. Symbolic links are
 * followed inside the root only. `undefined` when there is no such file, or it is something else than a file.
 * @throws LayerfsError `LAYERFS_LINK_LOOP`, `LAYERFS_FILE_TOO_LARGE`, `LAYERFS_MOUNT_UNSUPPORTED`
 */
export async function readFileInMounts(
  mounts: readonly Mount[],
  path: string,
  { maxBytes = 1024 * 1024 }: ReadFileOptions = {},
): Promise<Uint8Array | undefined> {
  const entry = await resolve(MergedDirectory.root(layersOfMounts(mounts)), path)
  if (entry?.is !== 'other' || !entry.stats.isFile()) return undefined
  if (entry.stats.size > maxBytes) {
    throw new LayerfsError('LAYERFS_FILE_TOO_LARGE', `${path} has ${entry.stats.size} bytes; ${maxBytes} is the limit`, {
      kind: 'exhausted',
      hint: 'the limit is the option maxBytes',
    })
  }
  return readExactly(entry.path, maxBytes)
}

/** Walks a path as the kernel would with the root as `/`. */
async function resolve(root: MergedDirectory, path: string): Promise<MergedEntry | undefined> {
  const above: MergedDirectory[] = []
  let directory = root
  let links = 0
  const left = path.split('/').reverse()
  while (left.length > 0) {
    const name = left.pop() as string
    if (name === '' || name === '.') continue
    if (name === '..') {
      directory = above.pop() ?? root
      continue
    }
    const entry = await directory.child(Buffer.from(name, 'utf8'))
    if (entry === undefined) return undefined
    if (entry.is === 'directory') {
      above.push(directory)
      directory = entry.directory
    } else if (entry.stats.isSymbolicLink()) {
      if (++links > MAX_LINKS)
        throw new LayerfsError('LAYERFS_LINK_LOOP', `${path} leads through too many symbolic links`, { kind: 'invalid' })
      const target = readlinkSync(entry.path, 'utf8')
      if (target.startsWith('/')) {
        above.length = 0
        directory = root
      }
      left.push(...target.split('/').reverse())
    } else {
      return left.some((rest) => rest !== '') ? undefined : entry
    }
  }
  return undefined
}

/**
 * A running container may swap a directory for a link after it was looked at, so what was opened must be where it was
 * found. Nothing but a file is waited for.
 */
function readExactly(path: Buffer, maxBytes: number): Uint8Array | undefined {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ELOOP', 'ENOTDIR', 'ENXIO')) return undefined
    throw error
  }
  try {
    const opened = readlinkSync(`/proc/self/fd/${fd}`, 'buffer')
    const stats = fstatSync(fd)
    if (!opened.subarray(0, path.length).equals(path) || !stats.isFile()) return undefined
    const bytes = Buffer.alloc(Math.min(stats.size, maxBytes))
    let size = 0
    for (let read = -1; read !== 0; size += read) read = readSync(fd, bytes, size, bytes.length - size, null)
    return bytes.subarray(0, size)
  } finally {
    closeSync(fd)
  }
}
