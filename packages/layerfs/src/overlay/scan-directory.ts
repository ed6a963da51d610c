import { closeSync, constants, openSync } from 'node:fs'
import { type ScannedEntry, scanTree } from '@ct/native'

/** A directory of the host with its extended attributes. It is handed over as a file descriptor, so that its name can be any bytes. */
export async function scanDirectory(path: Buffer): Promise<ScannedEntry> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    for await (const directory of scanTree({ path: `/proc/${process.pid}/fd/${fd}` })) return directory
    throw new TypeError('a scan begins with its directory')
  } finally {
    closeSync(fd)
  }
}
