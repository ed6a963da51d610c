import { pipeline, type Transform } from 'node:stream'
import { releaseMemory } from './release-memory.ts'

/** Options of {@link through}. */
export interface ThroughOptions {
  /** Chunks, those of the body and those that come out, are good only until the next one is asked for. @default false */
  readonly transient?: boolean | undefined
}

/** Sends a body through a stream; an error of either ends the reader, and leaving early destroys both. */
export async function* through(
  body: AsyncIterable<Uint8Array>,
  stream: Transform,
  { transient = false }: ThroughOptions = {},
): AsyncGenerator<Uint8Array, void> {
  pipeline(transient ? keepSmall(body, stream.writableHighWaterMark) : body, stream, () => undefined)
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    yield chunk
    if (transient && isEndOfOwnBuffer(chunk)) releaseMemory(chunk.buffer)
  }
}

/** A stream takes chunks below its mark before it has used the ones before; of a larger one it makes an end first. */
async function* keepSmall(body: AsyncIterable<Uint8Array>, markBytes: number): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of body) yield chunk.length < markBytes ? Uint8Array.from(chunk) : chunk
}

/** What ends a buffer comes after all else that was in it. Small chunks may be in Node's pool, which is not theirs. */
function isEndOfOwnBuffer({ buffer, byteOffset, length }: Buffer): boolean {
  return byteOffset + length === buffer.byteLength && buffer.byteLength > Buffer.poolSize
}
