import type { IncomingMessage } from 'node:http'
import type { HeldBody } from './body-memory.ts'
import { DistributionError } from './errors.ts'

/** What is read, how much of it at most, and what keeps count of the memory. */
export interface ReadBodyOptions {
  readonly what: string
  readonly maxBytes: number
  readonly held?: HeldBody | undefined
}

/** Reads a small body whole. Throws DistributionError `DISTRIBUTION_SIZE_INVALID` for one that is larger. */
export async function readBody(request: IncomingMessage, { what, maxBytes, held }: ReadBodyOptions): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  // A body that is too large ends the reading, not the connection: the client is to hear why.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw new DistributionError('DISTRIBUTION_SIZE_INVALID', `${what} has at most ${maxBytes} bytes`)
    held?.take(chunk.length)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
