import { isCtError } from '@ct/errors'
import { type CallOptions, type Descriptor, verified } from '@ct/image'
import { RegistryError } from './errors.ts'
import type { RetryOptions } from './options.ts'
import { Again, Backoff, isPassing } from './retry.ts'
import type { UploadApi, UploadState } from './upload-api.ts'

/** What is needed to upload a blob. */
export interface UploadOptions extends CallOptions {
  readonly uploads: UploadApi
  readonly retry: RetryOptions
  /** Send pieces of this size, for registries behind something that limits requests. */
  readonly chunkBytes?: number | undefined
  /** Gives the bytes again, from an offset: with it an upload that breaks goes on where it was. */
  readonly reopen?: ((offset: number) => AsyncIterable<Uint8Array>) | undefined
}

/** Less than this is sent again from the start rather than resumed: a resumable upload takes a request more. */
const WORTH_RESUMING_BYTES = 4 * 1024 * 1024

/** What a connection takes before it has to be waited for: undici's choice, and less with TLS. */
const SOCKET_BUFFER_BYTES = 64 * 1024

/**
 * Uploads a blob, verified on its way, so that a wrong one never reaches the registry whole. What failed for good is given up at the
 * registry, too. A registry that has lost an upload with the connection gets another one; one that
 * takes no parts of a blob gets it in one request.
 */
export async function uploadBlob(descriptor: Descriptor, body: AsyncIterable<Uint8Array>, options: UploadOptions): Promise<void> {
  const { reopen, retry, signal } = options
  const backoff = new Backoff(retry)
  let isWhole = false
  for (let content = body; ; ) {
    try {
      return await uploadOnce(descriptor, sendable(verified(descriptor, content)), { ...options, isWhole })
    } catch (error) {
      if (reopen === undefined) throw error instanceof LostUpload ? error.cause : error
      if (error instanceof LostUpload) await backoff.pause(new Again(error.cause), signal)
      else if (isWhole || !isUnsupported(error)) throw error
      else isWhole = true
      content = reopen(0)
    }
  }
}

/** The registry does not know the upload any more; the cause is why it was asked. */
class LostUpload {
  readonly cause: unknown

  constructor(cause: unknown) {
    this.cause = cause
  }
}

function isUnsupported(error: unknown): boolean {
  return error instanceof RegistryError && error.code === 'REGISTRY_UNSUPPORTED'
}

/** `isWhole` asks for one request, whatever the size. */
async function uploadOnce(
  { size, digest }: Descriptor,
  content: AsyncIterable<Uint8Array>,
  options: UploadOptions & { readonly isWhole: boolean },
): Promise<void> {
  const { uploads, signal, chunkBytes = Number.POSITIVE_INFINITY, reopen, isWhole } = options
  let state = await uploads.start({ signal })
  const move = (next: UploadState): void => {
    state = next
  }
  const pieceBytes = Math.max(chunkBytes, state.minChunkBytes)
  try {
    if (size > pieceBytes && !isWhole) {
      await sendChunks(content, { ...options, state, move, chunkBytes: pieceBytes })
      await uploads.finish(state, digest, { body: new Uint8Array(0), sizeBytes: 0, signal })
    } else if (reopen !== undefined && size >= WORTH_RESUMING_BYTES && !isWhole) {
      await sendStream(content, { ...options, state, move, reopen, sizeBytes: size })
      await uploads.finish(state, digest, { body: new Uint8Array(0), sizeBytes: 0, signal })
    } else {
      const whole = size === 0 ? await drained(content) : content
      await uploads.finish(state, digest, { body: whole, sizeBytes: size, signal })
    }
  } catch (error) {
    if (!(error instanceof LostUpload)) await uploads.cancel(state)
    throw error
  }
}

interface Progress {
  readonly state: UploadState
  /** Takes note of where the upload is now. */
  readonly move: (state: UploadState) => void
}

interface Stream {
  readonly sizeBytes: number
  readonly reopen: (offset: number) => AsyncIterable<Uint8Array>
}

/** How far an upload is after a failure. Docker's registry, for one, gives up an upload whose connection broke. */
async function stateAfter(
  failure: unknown,
  state: UploadState,
  { uploads, signal }: Pick<UploadOptions, 'uploads' | 'signal'>,
): Promise<UploadState> {
  try {
    return await uploads.tell(state, { signal })
  } catch (error) {
    signal?.throwIfAborted()
    if (isCtError(error)) throw new LostUpload(failure)
    throw error
  }
}

/** One request with all the bytes; after a break, one with those that are missing. The registry's check of the digest covers all of them. */
async function sendStream(
  content: AsyncIterable<Uint8Array>,
  { uploads, retry, signal, reopen, state, move, sizeBytes }: UploadOptions & Progress & Stream,
): Promise<void> {
  const backoff = new Backoff(retry)
  let at = state
  let body = content
  for (let isFirst = true; ; isFirst = false) {
    try {
      return move(await uploads.append(at, { body, sizeBytes: sizeBytes - at.offset, signal, ...(!isFirst && { offset: at.offset }) }))
    } catch (error) {
      signal?.throwIfAborted()
      if (!isPassing(error)) throw error
      await backoff.pause(new Again(error), signal)
      const now = await stateAfter(error, at, { uploads, signal })
      if (now.offset > at.offset) backoff.reset()
      at = now
      move(at)
      body = reopen(at.offset)
    }
  }
}

/** One request after the other, each with a piece that is kept until the registry has it. */
async function sendChunks(
  content: AsyncIterable<Uint8Array>,
  { uploads, retry, signal, chunkBytes, state, move }: UploadOptions & Progress & { readonly chunkBytes: number },
): Promise<void> {
  const backoff = new Backoff(retry)
  let at = state
  let start = 0
  for await (const chunk of inPieces(content, chunkBytes)) {
    while (at.offset < start + chunk.byteLength) {
      const rest = chunk.subarray(at.offset - start)
      try {
        at = await uploads.append(at, { body: rest, sizeBytes: rest.byteLength, offset: at.offset, signal })
        backoff.reset()
      } catch (error) {
        signal?.throwIfAborted()
        if (!isPassing(error)) throw error
        await backoff.pause(new Again(error), signal)
        at = await stateAfter(error, at, { uploads, signal })
        if (at.offset < start) throw new LostUpload(error)
      }
      move(at)
    }
    start += chunk.byteLength
  }
}

/** Pieces of one size, but for the last; each is good until the next is asked for. */
async function* inPieces(content: AsyncIterable<Uint8Array>, sizeBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  const piece = Buffer.allocUnsafeSlow(sizeBytes)
  let filledBytes = 0
  for await (const chunk of content) {
    for (let rest = chunk; rest.byteLength > 0; ) {
      const taken = rest.subarray(0, sizeBytes - filledBytes)
      piece.set(taken, filledBytes)
      rest = rest.subarray(taken.byteLength)
      filledBytes += taken.byteLength
      if (filledBytes < sizeBytes) continue
      yield piece
      filledBytes = 0
    }
  }
  if (filledBytes > 0) yield piece.subarray(0, filledBytes)
}

/** Chunks may be transient. undici asks for the next one when those of this size are sent, but holds smaller ones on. */
async function* sendable(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of content) yield chunk.byteLength < SOCKET_BUFFER_BYTES ? Uint8Array.from(chunk) : chunk
}

/** An empty body is sent as no stream, and read to see that it is empty. */
async function drained(content: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  for await (const _ of content);
  return new Uint8Array(0)
}
