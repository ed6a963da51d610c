import { constants } from 'node:os'
import { getSystemErrorMap } from 'node:util'

/** The 16 bytes that the helper and its supervisor answer with (c/wire.h, PROTOCOL.md). */
export interface Report {
  readonly ok: boolean
  /** The process waits for an answer. */
  readonly isPause: boolean
  readonly stage: string
  readonly index: number
  readonly errno: number
  /** The process, where there is one. */
  readonly pid: number
}

/** Names of the stages, as in c/wire.h. */
export const STAGES: ReadonlyMap<number, string> = new Map([
  [0, 'none'],
  [1, 'plan'],
  [2, 'protect'],
  [3, 'files'],
  [4, 'clone'],
  [5, 'source'],
  [6, 'cgroup'],
  [7, 'join'],
  [8, 'operation'],
  [9, 'exec'],
  [10, 'lost'],
  [11, 'control'],
  [12, 'pause'],
  [13, 'listener'],
  [20, 'mount'],
  [21, 'tree'],
  [22, 'scan'],
  [23, 'net'],
])

/** Size of a report. */
export const REPORT_BYTES = 16
const PAUSED = 5

/** Decodes a report; `undefined` when the bytes are none. */
export function parseReport(bytes: Buffer): Report | undefined {
  if (bytes.length !== REPORT_BYTES) return undefined
  const stage = bytes.readUInt8(1)
  return {
    ok: bytes[0] === 0,
    isPause: bytes[0] === PAUSED,
    stage: STAGES.get(stage) ?? `stage ${stage}`,
    index: bytes.readUInt32LE(4),
    errno: bytes.readInt32LE(8),
    pid: bytes.readUInt32LE(12),
  }
}

const ERRNO_NAMES = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]))

/** An error as Node's own calls throw it, so that `hasErrno` knows it. */
export function systemError(errno: number, syscall: string): NodeJS.ErrnoException & { code: string } {
  const code = ERRNO_NAMES.get(errno) ?? `E${errno}`
  const text = EXPLAINED[`${code} ${syscall}`] ?? getSystemErrorMap().get(-errno)?.[1] ?? EXPLAINED[code] ?? `errno ${errno}`
  return Object.assign(new Error(`${code}: ${text}, ${syscall}`), { code, errno: -errno, syscall })
}

/** What Node has no words for, or too general ones. */
const EXPLAINED: Readonly<Record<string, string>> = {
  'E2BIG mount': 'the directories of an overlay fill more than a page, which a kernel before 6.5 does not take',
  EBADMSG: 'malformed message',
  ECHILD: 'the process ended before it reported',
  ENOEXEC: 'not an executable format',
  ENODEV: 'no such device or file system',
}
