import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Change, listChanges } from '@ct/layerfs'

/** Where the runtime makes an empty directory or file to mount something on, when the image has none. */
const MOUNT_POINTS: ReadonlySet<string> = new Set(['/dev', '/proc', '/sys', '/etc/hosts', '/etc/hostname', '/etc/resolv.conf'])

/** What a container changed, without the mount points that it was given; docker keeps those in a layer of their own. */
export async function containerChanges(upper: string, lowers: readonly string[]): Promise<readonly Change[]> {
  const all = await listChanges(upper, lowers)
  const own = all.filter(({ path, kind }) => !(kind === 'added' && MOUNT_POINTS.has(path) && isEmpty(join(upper, path))))
  const hasChangeInEtc = own.some(({ path }) => path.startsWith('/etc/'))
  const hadMountPointInEtc = all.some(({ path }) => path.startsWith('/etc/') && MOUNT_POINTS.has(path))
  return own.filter(({ path }) => path !== '/etc' || hasChangeInEtc || !hadMountPointInEtc)
}

function isEmpty(path: string): boolean {
  const status = lstatSync(path)
  return status.isDirectory() ? readdirSync(path).length === 0 : status.size === 0
}
