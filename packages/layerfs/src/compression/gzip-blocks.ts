import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import * as zlib from 'node:zlib'

const deflate = promisify(zlib.deflateRaw)
/** The unit of work; it decides the bytes that come out, so it is the same everywhere. */
const BLOCK_BYTES = 1024 * 1024
/** How far back deflate can refer. */
const WINDOW_BYTES = 32 * 1024
/** No name, no time, and no system (255), so that equal content makes equal bytes anywhere. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])
/** Node's thread pool has four threads unless told otherwise. */
const MOST_AT_ONCE = 4

/**
 * Compresses to one gzip member, as pigz does: blocks of 1 MiB at the same time, each with the end of the one before as its dictionary. What
 * comes out depends on the content and the level only, not on the number of processors or how the body is cut. Memory is bounded by
 * the blocks on their way.
 * @see https://www.rfc-editor.org/rfc/rfc1952
 */
export async function* gzipBlocks(body: AsyncIterable<Uint8Array>, level: number): AsyncGenerator<Uint8Array, void> {
  yield HEADER
  const atOnce = Math.min(MOST_AT_ONCE, availableParallelism()) + 1
  const onTheirWay: Promise<Uint8Array>[] = []
  let checksum = 0
  let sizeBytes = 0
  let dictionary: Buffer | undefined
  for await (const { block, isLast } of blocksOf(body)) {
    checksum = zlib.crc32(block, checksum)
    sizeBytes += block.length
    const compressed = deflate(block, { level, dictionary, finishFlush: isLast ? zlib.constants.Z_FINISH : zlib.constants.Z_SYNC_FLUSH })
    // Whoever comes to this block sees its failure; until then Node must not take it for unhandled.
    compressed.catch(() => undefined)
    onTheirWay.push(compressed)
    dictionary = block.subarray(-WINDOW_BYTES)
    if (onTheirWay.length >= atOnce) yield (await onTheirWay.shift()) ?? Buffer.alloc(0)
  }
  for (const compressed of onTheirWay) yield await compressed
  const trailer = Buffer.alloc(8)
  trailer.writeUInt32LE(checksum, 0)
  trailer.writeUInt32LE(sizeBytes % 2 ** 32, 4)
  yield trailer
}

interface Block {
  readonly block: Buffer
  readonly isLast: boolean
}

/** The content in blocks of one size; the last has the rest, which may be nothing. */
async function* blocksOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<Block, void> {
  let block = Buffer.allocUnsafeSlow(BLOCK_BYTES)
  let used = 0
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length; ) {
      const piece = chunk.subarray(at, at + BLOCK_BYTES - used)
      block.set(piece, used)
      used += piece.length
      at += piece.length
      if (used < BLOCK_BYTES) continue
      yield { block, isLast: false }
      block = Buffer.allocUnsafeSlow(BLOCK_BYTES)
      used = 0
    }
  }
  yield { block: block.subarray(0, used), isLast: true }
}
