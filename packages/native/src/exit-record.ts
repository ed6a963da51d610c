import { readFile } from 'node:fs/promises'
import { hasErrno } from '@ct/errors'
import { NativeError } from './errors.ts'

/** How a supervised process ended. */
export interface ExitRecord {
  /** The exit status; 128 + signal when a signal ended it. */
  readonly exitCode: number
  /** The signal that ended it; 0: it ended by itself. */
  readonly signal: number
  /** Whether the kernel's out-of-memory killer killed in its cgroup while it ran. */
  readonly oomKilled: boolean
  /** When its program was executed, in nanoseconds since 1970; 0n: never. */
  readonly startedAtNs: bigint
  readonly exitedAtNs: bigint
}

const RECORD = /^ct-exit 1 (\d+) (\d+) ([01]) (\d+) (\d+)\n$/

/** Reads the exit record that a supervisor wrote; `undefined` when there is none yet. Throws `NATIVE_RECORD_INVALID`. */
export async function readExitRecord(path: string): Promise<ExitRecord | undefined> {
  try {
    return parseExitRecord(await readFile(path, 'latin1'), path)
  } catch (error) {
    if (hasErrno(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Parses the text of an exit record, from a file or a supervisor. */
export function parseExitRecord(text: string, origin: string): ExitRecord {
  const [, exitCode = '', signal = '', oomKilled, startedAtNs = '', exitedAtNs = ''] = RECORD.exec(text) ?? []
  if (oomKilled === undefined)
    throw new NativeError('NATIVE_RECORD_INVALID', `${origin} gave no exit record of version 1`, { kind: 'corrupt' })
  return {
    exitCode: Number(exitCode),
    signal: Number(signal),
    oomKilled: oomKilled === '1',
    startedAtNs: BigInt(startedAtNs),
    exitedAtNs: BigInt(exitedAtNs),
  }
}
