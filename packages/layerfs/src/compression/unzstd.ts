import type { Transform } from 'node:stream'
import * as zlib from 'node:zlib'
import { isCtError } from '@ct/errors'
import { Decompress } from 'fzstd'
import { corruptBody } from './corrupt-body.ts'
import { through } from './through.ts'
import { zstdFrames } from './zstd-frames.ts'

type StreamMaker = (options: { readonly chunkSize: number }) => Transform

/** Present from Node 22.15 on; the type definitions are those of the oldest Node supported. */
const { createZstdDecompress } = zlib as { createZstdDecompress?: StreamMaker }

/** Decompresses zstd, in Node's thread pool where it can, else in JavaScript. */
export async function* unzstd(
  body: AsyncIterable<Uint8Array>,
  { chunkSize, transient }: { readonly chunkSize: number; readonly transient: boolean },
): AsyncGenerator<Uint8Array, void> {
  if (createZstdDecompress === undefined) yield* unzstdInJavaScript(body)
  else yield* through(zstdFrames(body), createZstdDecompress({ chunkSize }), { transient })
}

/** The decoder emits synchronously what it is given, so it gets a block at a time, copied, as it keeps some; memory stays at the window and one block. */
export async function* unzstdInJavaScript(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let blocks: Uint8Array[] = []
  const decoder = new Decompress((block) => blocks.push(block))
  const decode = (chunk: Uint8Array, isLast: boolean): Uint8Array[] => {
    blocks = []
    try {
      decoder.push(chunk, isLast)
    } catch (error) {
      throw isCtError(error) ? error : corruptBody('zstd', error)
    }
    return blocks.filter(({ length }) => length > 0)
  }
  for await (const block of zstdFrames(body, { perBlock: true })) yield* decode(Uint8Array.from(block), false)
  yield* decode(new Uint8Array(0), true)
}
