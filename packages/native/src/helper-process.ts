import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { hasErrno } from '@ct/errors'
import { helperLost } from './errors.ts'
import { helperPath } from './helper-path.ts'

/** What the helper says at its end: the 16 bytes of the status record, and the path after it. */
export interface HelperStatus {
  readonly ok: boolean
  readonly stage: number
  readonly index: number
  readonly errno: number
  readonly path: string
}

/** A helper at work on one of the verbs that end by themselves. */
export interface HelperProcess {
  readonly stdin: Writable
  readonly stdout: Readable
  /** Settles when the helper has ended; rejects only when it could not be started or ended without a word. */
  readonly status: Promise<HelperStatus>
  /** Ends it now; `status` then rejects. */
  kill(): void
}

const STATUS_LIMIT_BYTES = 16_384
const RECORD_BYTES = 16

/** Starts the helper and sends the message of the verb; stdin stays open, stdout is a stream when asked for. */
export function startHelper(verb: 'apply' | 'scan' | 'net' | 'devices', message: Uint8Array, { stdout = false } = {}): HelperProcess {
  const child = spawn(helperPath(), [verb], { stdio: ['pipe', stdout ? 'pipe' : 'ignore', 'ignore', 'ignore', 'pipe'], env: {} })
  const [stdin, out, , , status] = child.stdio
  // A helper that gives up closes its end; the reason comes by the status record.
  stdin?.on('error', () => undefined)
  stdin?.write(message)
  const ended = once(child, 'exit').then(
    ([exitCode, signal]) => signal ?? `exit status ${exitCode}`,
    (error: Error) => error.message,
  )
  const read = settledStatus(status as Readable, ended, verb)
  read.catch(() => undefined)
  return { stdin: stdin as Writable, stdout: out as Readable, status: read, kill: () => void child.kill('SIGKILL') }
}

/** The status, once the process is gone and holds no file or mount any more. */
async function settledStatus(stream: Readable, ended: Promise<string>, verb: string): Promise<HelperStatus> {
  const status = await readStatus(stream)
  const end = await ended
  if (status !== undefined) return status
  throw helperLost(verb, { end })
}

async function readStatus(stream: Readable): Promise<HelperStatus | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      length += chunk.length
      if (length > STATUS_LIMIT_BYTES) break
    }
  } catch (cause) {
    if (!hasErrno(cause, 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE')) throw cause
  }
  if (length < RECORD_BYTES) return undefined
  const bytes = Buffer.concat(chunks)
  return {
    ok: bytes[0] === 0,
    stage: bytes.readUInt8(1),
    index: bytes.readUInt32LE(4),
    errno: bytes.readInt32LE(8),
    path: bytes.toString('utf8', RECORD_BYTES),
  }
}
