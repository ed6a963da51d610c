import { ApiError } from '../errors.ts'

/** A piece of what a container wrote to one of its streams. */
export interface StreamChunk {
  readonly stream: 'stdout' | 'stderr'
  readonly chunk: Uint8Array
}

const HEADER_BYTES = 8

/**
 * Takes apart the two streams of a container without a terminal, as attach, exec and logs give them: frames of a
 * header (stream, three zeros, big-endian length) and payload. Large frames come in several chunks. The daemon's own
 * failure (stream 3) is thrown as `API_FAILED_MIDWAY`, anything else as `API_BAD_ANSWER`.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.51/#tag/Container/operation/ContainerAttach
 */
export async function* demultiplex(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<StreamChunk, void, undefined> {
  let header = new Uint8Array(0)
  let left = 0
  let failure = ''
  for await (let chunk of bytes) {
    while (chunk.length > 0) {
      if (left === 0) {
        const missing = HEADER_BYTES - header.length
        header = Buffer.concat([header, chunk.subarray(0, missing)])
        chunk = chunk.subarray(missing)
        if (header.length < HEADER_BYTES) break
        left = frameLength(header)
        if (left === 0) header = new Uint8Array(0)
        continue
      }
      const payload = chunk.subarray(0, left)
      chunk = chunk.subarray(payload.length)
      left -= payload.length
      if (header[0] === 3) failure += Buffer.from(payload).toString('utf8')
      else yield { stream: header[0] === 2 ? 'stderr' : 'stdout', chunk: payload }
      if (left === 0) header = new Uint8Array(0)
    }
  }
  if (failure !== '') throw new ApiError('API_FAILED_MIDWAY', failure.trimEnd(), { kind: 'internal' })
  if (left > 0 || header.length > 0) {
    throw new ApiError('API_CONNECTION_LOST', 'the stream of the container ended inside a frame', { kind: 'unavailable' })
  }
}

function frameLength(header: Uint8Array): number {
  const [stream = 0, ...rest] = header
  if (stream > 3 || rest[0] !== 0 || rest[1] !== 0 || rest[2] !== 0) {
    throw new ApiError('API_BAD_ANSWER', 'the stream of the container is not in frames', {
      kind: 'corrupt',
      hint: 'a container with a terminal has one raw stream',
    })
  }
  return new DataView(header.buffer, header.byteOffset, HEADER_BYTES).getUint32(4)
}
