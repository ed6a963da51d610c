import type { ScannedEntry } from '@ct/native'
import { isOverlayXattr } from '../overlay/overlay-xattrs.ts'
import type { TarInput } from '../tar/write-tar.ts'

/** Turns what a scan finds into entries of an archive: names of one file become hard links of the first, sockets are left out. */
export class ScannedToTar {
  readonly #firstPaths = new Map<string, Uint8Array>()

  convert(entry: ScannedEntry): TarInput | undefined {
    const { type, dev, ino, nlink } = entry
    if (type === 'socket') return undefined
    const header = {
      path: entry.path,
      mode: entry.mode,
      uid: entry.uid,
      gid: entry.gid,
      mtimeNs: entry.mtimeNs,
      major: entry.major,
      minor: entry.minor,
      xattrs: entry.xattrs.filter(([name]) => !isOverlayXattr(name)),
    }
    if (type !== 'directory' && nlink > 1) {
      const inode = `${dev}:${ino}`
      const first = this.#firstPaths.get(inode)
      if (first !== undefined) return { ...header, type: 'hard-link', sizeBytes: 0, linkTarget: first, xattrs: [], major: 0, minor: 0 }
      this.#firstPaths.set(inode, Buffer.from(entry.path))
    }
    return { ...header, type, sizeBytes: type === 'file' ? entry.sizeBytes : 0, linkTarget: entry.linkTarget, content: entry.content }
  }
}
