import { readTar, type TarEntry } from '../../src/tar/read-tar.ts'

/** Fields of a header as they are to stand in it, right or wrong. */
export interface RawHeader {
  readonly name: string | Buffer
  readonly type?: string
  readonly mode?: string
  readonly uid?: string | Buffer
  readonly gid?: string | Buffer
  readonly size?: number | string | Buffer
  readonly mtime?: string | Buffer
  readonly link?: string
  readonly magic?: string
  readonly prefix?: string
  readonly major?: string
  readonly minor?: string
  /** Bytes to put at offsets, before the checksum is made. */
  readonly patch?: Readonly<Record<number, string | Buffer>>
  readonly checksum?: string
}

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0')

/** A 512-byte header. */
export function header(raw: RawHeader): Buffer {
  const block = Buffer.alloc(512)
  const put = (at: number, value: string | Buffer): void =>
    void block.set(typeof value === 'string' ? Buffer.from(value, 'latin1') : value, at)
  put(0, raw.name)
  put(100, raw.mode ?? '0000644')
  put(108, raw.uid ?? '0000000')
  put(116, raw.gid ?? '0000000')
  put(124, typeof raw.size === 'number' || raw.size === undefined ? octal(raw.size ?? 0, 11) : raw.size)
  put(136, raw.mtime ?? '00000000000')
  put(156, raw.type ?? '0')
  put(157, raw.link ?? '')
  put(257, raw.magic ?? 'ustar\u000000')
  put(329, raw.major ?? '')
  put(337, raw.minor ?? '')
  put(345, raw.prefix ?? '')
  for (const [at, value] of Object.entries(raw.patch ?? {})) put(Number(at), value)
  put(148, '        ')
  let sum = 0
  for (const byte of block) sum += byte
  put(148, raw.checksum ?? `${octal(sum, 6)}\0 `)
  return block
}

/** Content padded to whole blocks. */
export function padded(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content as string)
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)])
}

/** A file with content. */
export function file(name: string, content: string | Buffer = '', raw: Partial<RawHeader> = {}): Buffer {
  return Buffer.concat([header({ name, size: Buffer.from(content as string).length, ...raw }), padded(content)])
}

/** A pax extended header for the next entry (`x`) or all that follow (`g`). */
export function pax(records: readonly (readonly [string, string | Buffer])[], type: 'x' | 'g' = 'x'): Buffer {
  const data = Buffer.concat(
    records.map(([key, value]) => {
      const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value as string), Buffer.from('\n')])
      let length = rest.length + 1
      while (String(length).length + rest.length !== length) length = String(length).length + rest.length
      return Buffer.concat([Buffer.from(String(length)), rest])
    }),
  )
  return file('PaxHeaders/x', data, { type })
}

export const END = Buffer.alloc(1024)

/** An archive of parts with its end. */
export function archive(...parts: readonly Buffer[]): Buffer {
  return Buffer.concat([...parts, END])
}

/** Bytes as a body in chunks of a size. */
export async function* chunked(bytes: Uint8Array, size = bytes.length): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** All bytes of a body. */
export async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** An entry with its content read, and its names as text. */
export type ReadEntry = Omit<TarEntry, 'path' | 'linkTarget' | 'content'> & {
  readonly path: string
  readonly linkTarget?: string | undefined
  readonly content: string
}

/** Reads a whole archive. */
export async function entriesOf(bytes: Uint8Array, chunkSize?: number): Promise<ReadEntry[]> {
  const entries: ReadEntry[] = []
  for await (const entry of readTar(chunked(bytes, chunkSize))) {
    const { path, linkTarget, content } = entry
    entries.push({
      ...entry,
      path: Buffer.from(path).toString('latin1'),
      linkTarget: linkTarget && Buffer.from(linkTarget).toString('latin1'),
      content: (await collect(content)).toString('latin1'),
    })
  }
  return entries
}
