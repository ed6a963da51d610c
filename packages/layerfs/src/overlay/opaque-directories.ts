import { type BigIntStats, closeSync, constants, openSync } from 'node:fs'
import { scanTree } from '@ct/native'
import { isOpaque } from './overlay-xattrs.ts'

const MAX_KNOWN = 20_000
const known = new Map<string, boolean>()

/**
 * Whether a directory of a layer is opaque. Node cannot read extended attributes, so the helper does; the answer is
 * remembered as long as the inode's change time stays, and with it the attributes.
 */
export async function isOpaqueDirectory(path: Buffer, { dev, ino, ctimeNs }: BigIntStats): Promise<boolean> {
  const key = `${dev}:${ino}:${ctimeNs}`
  const remembered = known.get(key)
  if (remembered !== undefined) return remembered
  const opaque = await readOpaque(path)
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(key, opaque)
  return opaque
}

/** The directory is handed over as a file descriptor, so that its name can be any bytes. */
async function readOpaque(path: Buffer): Promise<boolean> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    for await (const directory of scanTree({ path: `/proc/${process.pid}/fd/${fd}` })) return isOpaque(directory.xattrs)
    return false
  } finally {
    closeSync(fd)
  }
}
