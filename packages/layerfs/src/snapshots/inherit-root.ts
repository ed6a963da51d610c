import { chmodSync, chownSync, lstatSync, utimesSync } from 'node:fs'

/**
 * Gives the root directory of a layer the owner, mode and time (to the microsecond) of that of the layer below:
 * overlayfs shows the root of the uppermost layer, whatever it says.
 */
export function inheritRoot(directory: string, below: string): void {
  const { uid, gid, mode, mtimeMs } = lstatSync(`${below}/`)
  chownSync(directory, uid, gid)
  chmodSync(directory, mode & 0o7777)
  utimesSync(directory, mtimeMs / 1000, mtimeMs / 1000)
}
