import { linkSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { hasErrno } from '@ct/errors'
import { EngineError } from '../errors.ts'
import { writeJsonFile } from './json-file.ts'
import { isAlive, type ProcessIdentity, processIdentity } from './process-identity.ts'

interface LockFile {
  readonly version: 1
  /** Absent when it was let go. */
  readonly holder?: ProcessIdentity
}

/**
 * The right of one process to a state directory. The lock is the file `lock.<n>` with the highest n, made by link(2),
 * which only one process can win; it is free when its holder is gone or has let go, and taking it over is winning
 * n + 1. Numbers are never used twice, so that a slow rival cannot take a lock that it read long ago.
 */
export class StateLock implements Disposable {
  readonly #root: string
  readonly #number: number
  #released = false

  private constructor(root: string, number: number) {
    this.#root = root
    this.#number = number
  }

  /** Takes the lock of an existing directory; `ENGINE_LOCKED` (conflict) names the process that has it. */
  static acquire(root: string): StateLock {
    const own = processIdentity(process.pid)
    if (own === undefined) throw new EngineError('ENGINE_UNSUPPORTED', '/proc is not mounted', { kind: 'unsupported' })
    for (;;) {
      const numbers = lockNumbers(root)
      const highest = numbers.at(-1) ?? 0
      const holder = highest === 0 ? undefined : readHolder(lockPath(root, highest))
      if (holder !== undefined && isAlive(holder)) throw lockedBy(root, holder)
      if (!claim(root, highest + 1, own)) continue
      if ((lockNumbers(root).at(-1) ?? 0) > highest + 1) {
        rmSync(lockPath(root, highest + 1), { force: true })
        continue
      }
      for (const number of numbers) rmSync(lockPath(root, number), { force: true })
      return new StateLock(root, highest + 1)
    }
  }

  /** Lets go of the directory. */
  release(): void {
    if (this.#released) return
    this.#released = true
    const free: LockFile = { version: 1 }
    writeJsonFile(lockPath(this.#root, this.#number), free)
  }

  [Symbol.dispose](): void {
    this.release()
  }
}

const lockPath = (root: string, number: number): string => join(root, `lock.${number}`)

function lockNumbers(root: string): number[] {
  return readdirSync(root)
    .flatMap((name) => /^lock\.(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
}

function readHolder(path: string): ProcessIdentity | undefined {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as LockFile).holder
  } catch (error) {
    // Gone: a successor removed it and the caller will see that; not JSON: cut off by a power failure, so its holder is gone.
    if (hasErrno(error, 'ENOENT') || error instanceof SyntaxError) return undefined
    throw error
  }
}

function claim(root: string, number: number, holder: ProcessIdentity): boolean {
  const temporary = join(root, `lock.new-${process.pid}-${number}`)
  const file: LockFile = { version: 1, holder }
  writeJsonFile(temporary, file)
  try {
    linkSync(temporary, lockPath(root, number))
    return true
  } catch (error) {
    if (hasErrno(error, 'EEXIST')) return false
    throw error
  } finally {
    rmSync(temporary, { force: true })
  }
}

function lockedBy(root: string, { pid }: ProcessIdentity): EngineError {
  return new EngineError('ENGINE_LOCKED', `${root} is in use by process ${pid}`, {
    kind: 'conflict',
    hint: 'use its socket, end it, or choose another --root',
  })
}
