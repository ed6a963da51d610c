import { closeSync, constants, fstatSync, openSync, readlinkSync, realpathSync } from 'node:fs'
import { hasErrno } from '@ct/errors'
import { LayerfsError } from '../errors.ts'

/**
 * Opens a file that a scan of a tree has found. Whoever can write to the tree may have put a link in the place of a
 * directory since, so what was opened must be where it was found.
 * @throws LayerfsError `TAR_CONTENT_SIZE` when the tree has changed
 */
export function openScannedFile(root: string, path: Uint8Array): number {
  const expected = Buffer.concat([Buffer.from(`${realpathSync(root)}/`), path])
  let fd: number
  try {
    fd = openSync(expected, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'ELOOP', 'ENOTDIR', 'ENXIO')) throw changed(path, error)
    throw error
  }
  if (readlinkSync(`/proc/self/fd/${fd}`, 'buffer').equals(expected) && fstatSync(fd).isFile()) return fd
  closeSync(fd)
  throw changed(path)
}

function changed(path: Uint8Array, cause?: unknown): LayerfsError {
  return new LayerfsError('TAR_CONTENT_SIZE', `${Buffer.from(path).toString()} has changed while the tree was read`, {
    kind: 'conflict',
    cause,
  })
}
