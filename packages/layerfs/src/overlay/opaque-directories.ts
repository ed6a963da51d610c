import type { BigIntStats } from 'node:fs'
import { isOpaque } from './overlay-xattrs.ts'
import { scanDirectory } from './scan-directory.ts'

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
  const opaque = isOpaque((await scanDirectory(path)).xattrs)
  if (known.size >= MAX_KNOWN) known.clear()
  known.set(key, opaque)
  return opaque
}
