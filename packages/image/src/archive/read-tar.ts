import { ByteReader, badArchive, cutShort } from './byte-reader.ts'
import { BLOCK_BYTES, type PaxRecords, readPaxRecords, readPaxSize, readTarHeader, type TarHeader } from './tar-header.ts'

/** One entry of an archive. What is not read of its body is skipped when the next entry is asked for. */
export interface ArchiveEntry {
  readonly name: string
  readonly type: 'file' | 'symlink' | 'link' | 'other'
  readonly linkName: string
  readonly body: AsyncIterable<Uint8Array>
}

const types: Readonly<Record<string, ArchiveEntry['type']>> = { '0': 'file', '7': 'file', '1': 'link', '2': 'symlink' }
const maxExtensionBytes = 1024 * 1024

/**
 * Reads the entries of a tar as they come, in the V7, ustar, pax or GNU format. It ends at a block of zeros, or where the body ends
 * between two entries; what follows the zeros is read and ignored, so that a compressed body is checked to its end.
 * @throws ImageError `IMAGE_BAD_ARCHIVE`; errors of the body pass as they are
 */
export async function* readTar(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ArchiveEntry, void, undefined> {
  const input = new ByteReader(bytes)
  try {
    let extensions: PaxRecords = {}
    for (let header = await readHeader(input); header !== undefined; header = await readHeader(input)) {
      const sizeBytes = sizeOf(header, extensions)
      const body = new EntryBody(input, sizeBytes)
      if (/[xgLK]/.test(header.flag)) {
        extensions = { ...extensions, ...(await readExtension(header.flag, body, sizeBytes)) }
      } else {
        const { path = header.name, linkpath = header.linkName } = extensions
        yield { name: path, type: types[header.flag] ?? 'other', linkName: linkpath, body }
        extensions = {}
      }
      await body.skip()
      await input.take((BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES)
    }
    while ((await input.some(Number.POSITIVE_INFINITY)) !== undefined);
  } finally {
    await input.close()
  }
}

async function readHeader(input: ByteReader): Promise<TarHeader | undefined> {
  const block = await input.take(BLOCK_BYTES)
  return block && readTarHeader(block)
}

/** Only what has a body can have another size than its header says. */
function sizeOf({ flag, hasBody, sizeBytes }: TarHeader, { size }: PaxRecords): number {
  if (!hasBody) return 0
  return size === undefined || /[xgLK]/.test(flag) ? sizeBytes : readPaxSize(size)
}

/** A pax header, or a long name of GNU's. What a global header says is not about single entries and is ignored. */
async function readExtension(flag: string, body: EntryBody, sizeBytes: number): Promise<PaxRecords> {
  if (sizeBytes > maxExtensionBytes) throw badArchive(`an extended header has ${sizeBytes} bytes`)
  const pieces: Uint8Array[] = []
  for await (const piece of body) pieces.push(piece)
  const data = Buffer.concat(pieces)
  if (flag === 'x') return readPaxRecords(data)
  if (flag === 'g') return {}
  const name = data.toString('utf8').replace(/\0.*$/s, '')
  return flag === 'L' ? { path: name } : { linkpath: name }
}

class EntryBody implements AsyncIterable<Uint8Array> {
  readonly #input: ByteReader
  #left: number

  constructor(input: ByteReader, sizeBytes: number) {
    this.#input = input
    this.#left = sizeBytes
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (let piece = await this.#next(); piece !== undefined; piece = await this.#next()) yield piece
  }

  /** Passes over what nobody has read. */
  async skip(): Promise<void> {
    while ((await this.#next()) !== undefined);
  }

  async #next(): Promise<Uint8Array | undefined> {
    if (this.#left === 0) return undefined
    const piece = await this.#input.some(this.#left)
    if (piece === undefined) throw cutShort()
    this.#left -= piece.byteLength
    return piece
  }
}
