import { Readable, type Transform } from 'node:stream'
import * as zlib from 'node:zlib'
import { releaseMemory } from './release-memory.ts'
import { through } from './through.ts'
import { zstdFrames } from './zstd-frames.ts'
import { type DecodeRequest, ZstdThread } from './zstd-thread.ts'

type StreamMaker = (options: { readonly chunkSize: number }) => Transform

/** Present from Node 22.15 on; the type definitions are those of the oldest Node supported. */
const { createZstdDecompress } = zlib as { createZstdDecompress?: StreamMaker }

/** Decompresses zstd, in Node's thread pool where it can, else by WebAssembly in a thread of its own. */
export async function* unzstd(
  body: AsyncIterable<Uint8Array>,
  { chunkSize, transient }: { readonly chunkSize: number; readonly transient: boolean },
): AsyncGenerator<Uint8Array, void> {
  if (createZstdDecompress === undefined) yield* unzstdInThread(body, { transient })
  else yield* through(zstdFrames(body), createZstdDecompress({ chunkSize }), { transient })
}

/** The thread is a reply ahead of the reader, so that both work at once. Chunks of the body are copied, as they go to the thread. */
export async function* unzstdInThread(
  body: AsyncIterable<Uint8Array>,
  { transient = false }: { readonly transient?: boolean } = {},
): AsyncGenerator<Uint8Array, void> {
  const replies: AsyncIterable<readonly Uint8Array<ArrayBuffer>[]> = Readable.from(askThread(body), { highWaterMark: 1 })
  for await (const content of replies) {
    for (const chunk of content) {
      yield chunk
      if (transient) releaseMemory(chunk.buffer)
    }
  }
}

async function* askThread(body: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Uint8Array[], void> {
  const thread = ZstdThread.take()
  let isAtEnd = false
  try {
    for await (const request of requests(body)) {
      let reply = await thread.ask(request)
      for (; reply.wants === 'turn'; reply = await thread.ask({})) yield reply.content
      yield reply.content
      isAtEnd = reply.wants === 'nothing'
    }
  } finally {
    await thread.release(isAtEnd)
  }
}

async function* requests(body: AsyncIterable<Uint8Array>): AsyncGenerator<DecodeRequest, void> {
  for await (const chunk of body) yield { input: Uint8Array.from(chunk) }
  yield { isEnd: true }
}
