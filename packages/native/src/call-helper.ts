import type { Readable } from 'node:stream'
import { hasErrno } from '@ct/errors'
import { helperLost, NativeError } from './errors.ts'
import { type HelperStatus, startHelper } from './helper-process.ts'
import { openServedHelper } from './helper-server.ts'
import { parseReport, REPORT_BYTES } from './report.ts'

/** All that a short verb has given. */
export interface HelperAnswer {
  readonly output: Buffer
  readonly status: Pick<HelperStatus, 'ok' | 'index' | 'errno'>
}

const OUTPUT_LIMIT_BYTES = 64 * 1024 * 1024

/** Has a verb executed that ends by itself and says little. Throws `NATIVE_HELPER_LOST` when it ends without a report, or says too much. */
export async function callHelper(verb: 'net' | 'devices', message: Uint8Array): Promise<HelperAnswer> {
  const served = await openServedHelper(verb, message)
  if (served === undefined) return callStarted(verb, message)
  const bytes = await collect(served.connection, verb, served.kill)
  // The report comes behind the output, on the same connection.
  const report = parseReport(bytes.subarray(-REPORT_BYTES))
  if (report === undefined) throw helperLost(verb)
  return { output: bytes.subarray(0, -REPORT_BYTES), status: report }
}

async function callStarted(verb: 'net' | 'devices', message: Uint8Array): Promise<HelperAnswer> {
  const helper = startHelper(verb, message, { stdout: true })
  helper.stdin.end()
  const output = await collect(helper.stdout, verb, helper.kill)
  return { output, status: await helper.status }
}

async function collect(stream: Readable, verb: string, kill: () => void): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > OUTPUT_LIMIT_BYTES) throw new RangeError(`more than ${OUTPUT_LIMIT_BYTES} bytes`)
      chunks.push(chunk)
    }
  } catch (cause) {
    kill()
    if (hasErrno(cause, 'ECONNRESET')) return Buffer.concat(chunks)
    throw new NativeError('NATIVE_HELPER_LOST', `what ct-native ${verb} says cannot be read`, { kind: 'exhausted', cause })
  }
  return Buffer.concat(chunks)
}
