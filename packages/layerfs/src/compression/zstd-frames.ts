import { ByteReader } from './byte-reader.ts'
import { corruptBody } from './corrupt-body.ts'
import { isSkippableFrame, isZstdFrame, MAGIC_BYTES } from './detect-compression.ts'

/** What decoders accept by default (a window log of 27); more would let a few bytes claim gigabytes. */
const MAX_WINDOW_BYTES = 128 * 1024 * 1024
const MAX_BLOCK_BYTES = 128 * 1024
const BLOCK_HEADER_BYTES = 3
const RLE_BLOCK = 1
const RESERVED_BLOCK = 3
const CHECKSUM_BYTES = 4

/**
 * The frames of a zstd body without the skippable ones, block by block, so that no chunk reaches over the end of a
 * frame: decoders that handle one frame at a time need it. Memory is bounded by the window, which is limited.
 * @see https://www.rfc-editor.org/rfc/rfc8878#section-3
 * @throws LayerfsError `LAYERFS_COMPRESSION_CORRUPT`, also when the body is incomplete or wants a window above 128 MiB
 */
export async function* zstdFrames(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const input = new ByteReader(body)
  try {
    for (let magic = await input.read(MAGIC_BYTES); magic.length > 0; magic = await input.read(MAGIC_BYTES)) {
      if (isSkippableFrame(magic)) await skipFrame(input)
      else if (isZstdFrame(magic)) yield* readFrame(magic, input)
      else throw corruptBody('zstd', 'no frame begins where one should')
    }
  } finally {
    await input.close()
  }
}

async function skipFrame(input: ByteReader): Promise<void> {
  const size = await exactly(input, 4)
  if (!(await input.skip(size.readUInt32LE(0)))) throw truncated()
}

async function* readFrame(magic: Buffer, input: ByteReader): AsyncGenerator<Uint8Array, void> {
  const header = await readFrameHeader(input)
  yield Buffer.concat([magic, header.bytes])
  for (let isLast = false; !isLast; ) {
    const block = await exactly(input, BLOCK_HEADER_BYTES)
    const fields = block.readUIntLE(0, BLOCK_HEADER_BYTES)
    const type = (fields >> 1) & 3
    const sizeBytes = type === RLE_BLOCK ? 1 : fields >> 3
    if (type === RESERVED_BLOCK || fields >> 3 > MAX_BLOCK_BYTES) throw corruptBody('zstd', 'a block is malformed')
    isLast = (fields & 1) === 1
    const checksumBytes = isLast && header.hasChecksum ? CHECKSUM_BYTES : 0
    yield Buffer.concat([block, await exactly(input, sizeBytes + checksumBytes)])
  }
}

interface FrameHeader {
  readonly bytes: Buffer
  readonly hasChecksum: boolean
}

async function readFrameHeader(input: ByteReader): Promise<FrameHeader> {
  const descriptor = await exactly(input, 1)
  const flags = descriptor[0] ?? 0
  const isSingleSegment = (flags & 0x20) !== 0
  const dictionaryBytes = [0, 1, 2, 4][flags & 3] ?? 0
  const contentSizeBytes = [isSingleSegment ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0
  const rest = await exactly(input, (isSingleSegment ? 0 : 1) + dictionaryBytes + contentSizeBytes)
  const windowBytes = isSingleSegment ? contentSize(rest.subarray(dictionaryBytes)) : windowSize(rest[0] ?? 0)
  if (windowBytes > MAX_WINDOW_BYTES) throw corruptBody('zstd', `it wants a window of ${windowBytes} bytes`)
  return { bytes: Buffer.concat([descriptor, rest]), hasChecksum: (flags & 4) !== 0 }
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}

function contentSize(field: Buffer): number {
  if (field.length === 8) return Number(field.readBigUInt64LE(0))
  return field.readUIntLE(0, field.length) + (field.length === 2 ? 256 : 0)
}

async function exactly(input: ByteReader, sizeBytes: number): Promise<Buffer> {
  const bytes = await input.read(sizeBytes)
  if (bytes.length < sizeBytes) throw truncated()
  return bytes
}

function truncated(): Error {
  return corruptBody('zstd', 'it ends in the middle of a frame')
}
