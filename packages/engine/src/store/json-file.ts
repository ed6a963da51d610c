import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { withDiskFull } from '../errors.ts'

let serial = 0

/**
 * Replaces a JSON file in one step: a reader sees the old text or the new one. It is synchronous, so that a change of
 * state and its record are one step for everything else in this process, too. `sync` also survives a power failure;
 * without it the record survives the end of this process in any way.
 */
export function writeJsonFile(path: string, value: unknown, { sync = false }: { readonly sync?: boolean } = {}): void {
  serial += 1
  const temporary = `${path}.${process.pid}-${serial}.tmp`
  try {
    const fd = openSync(temporary, 'wx', 0o600)
    try {
      writeFileSync(fd, `${JSON.stringify(value, undefined, 1)}\n`)
      if (sync) fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw withDiskFull(error)
  }
}
