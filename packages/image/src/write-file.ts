import { randomBytes } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { hasErrno } from '@ct/errors'
import { ImageError } from './errors.ts'

/** How the name of a half-written file starts; no blob, tag or record is called so. */
export const TEMPORARY_PREFIX = '.tmp-'

/** The same for what a broken transfer got of a blob, whose digest follows. */
export const PARTIAL_PREFIX = '.part-'

/** A name for a half-written file beside its final place. */
export function temporaryPath(directory: string): string {
  return join(directory, `${TEMPORARY_PREFIX}${randomBytes(8).toString('hex')}`)
}

/** Replaces a small file as a whole, durably: a reader sees the old content or the new. */
export async function replaceFile(path: string, content: string): Promise<void> {
  const temporary = temporaryPath(dirname(path))
  try {
    const handle = await open(temporary, 'wx', 0o644)
    try {
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await publishFile(temporary, path)
  } catch (error) {
    throw asNoSpace(error, path)
  } finally {
    await rm(temporary, { force: true })
  }
}

/** Gives a written and synced file its final name, durably. */
export async function publishFile(temporary: string, path: string): Promise<void> {
  await rename(temporary, path)
  const directory: FileHandle = await open(dirname(path), 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** Turns the kernel's answers for a full disk into an error that says so; other errors stay as they are. */
export function asNoSpace(error: unknown, path: string): unknown {
  if (!hasErrno(error, 'ENOSPC', 'EDQUOT')) return error
  return new ImageError('IMAGE_NO_SPACE', `no space left for ${path}`, {
    kind: 'exhausted',
    hint: 'free some disk space and try again',
    cause: error,
  })
}
