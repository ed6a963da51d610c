import { open, rename, rm, stat } from 'node:fs/promises'
import { hasErrno } from '@ct/errors'
import { CliError } from './errors.ts'

/** Writes a stream to a file that appears under its name when it is complete. Throws `CLI_BAD_ARGUMENTS` when it cannot. */
export async function writeFileWhole(path: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const partial = `${path}.partial-${process.pid}`
  try {
    const isDevice = await isSpecial(path)
    await using file = await open(isDevice ? path : partial, 'w', 0o600)
    for await (const chunk of bytes) await file.writeFile(chunk)
    if (!isDevice) await rename(partial, path)
  } catch (error) {
    if (!hasErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR', 'EROFS', 'ENOSPC', 'EPERM')) throw error
    throw new CliError('CLI_BAD_ARGUMENTS', `cannot write ${path}: ${error.message}`, { kind: 'invalid', cause: error })
  } finally {
    await rm(partial, { force: true })
  }
}

/** A pipe or `/dev/null` is written to, never replaced. */
async function isSpecial(path: string): Promise<boolean> {
  try {
    const info = await stat(path)
    return !info.isFile() && !info.isDirectory()
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return false
    throw error
  }
}
