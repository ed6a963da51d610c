import type { IncomingMessage } from 'node:http'
import { DistributionError } from './errors.ts'

/** Reads a small body whole. Throws DistributionError `DISTRIBUTION_SIZE_INVALID` for one that is larger. */
export async function readBody(request: IncomingMessage, maxBytes: number, what: string): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  // A body that is too large ends the reading, not the connection: the client is to hear why.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw new DistributionError('DISTRIBUTION_SIZE_INVALID', `${what} has at most ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
