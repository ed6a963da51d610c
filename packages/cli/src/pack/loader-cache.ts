import { readFile } from 'node:fs/promises'
import { hasErrno } from '@ct/errors'

const MAGIC = 'glibc-ld.so.cache1.1'
const HEADER_BYTES = 48
const ENTRY_BYTES = 24

/** Paths by library name, in the order the loader would try them. */
export type LoaderCache = ReadonlyMap<string, readonly string[]>

/**
 * Reads glibc's `/etc/ld.so.cache` (the "new" format, which may follow an old one in the same file). A missing or
 * unknown file is an empty cache: the default directories are still searched.
 */
export async function readLoaderCache(path = '/etc/ld.so.cache'): Promise<LoaderCache> {
  try {
    return parseLoaderCache(await readFile(path))
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return new Map()
    throw error
  }
}

/** Parses the bytes of a cache file; offsets in it count from the header of the new format. */
export function parseLoaderCache(bytes: Buffer): LoaderCache {
  const cache = new Map<string, string[]>()
  const start = bytes.indexOf(MAGIC)
  if (start === -1 || bytes.length < start + HEADER_BYTES) return cache
  const base = bytes.subarray(start)
  const count = Math.min(base.readUInt32LE(20), Math.floor((base.length - HEADER_BYTES) / ENTRY_BYTES))
  for (let index = 0; index < count; index++) {
    const at = HEADER_BYTES + index * ENTRY_BYTES
    const name = textAt(base, base.readUInt32LE(at + 4))
    cache.set(name, [...(cache.get(name) ?? []), textAt(base, base.readUInt32LE(at + 8))])
  }
  return cache
}

function textAt(bytes: Buffer, offset: number): string {
  const end = bytes.indexOf(0, offset)
  return bytes.toString('utf8', offset, end === -1 ? bytes.length : end)
}
