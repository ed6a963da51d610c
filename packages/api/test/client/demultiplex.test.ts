import { describe, expect, it } from 'vitest'
import { demultiplex } from '../../src/client/demultiplex.ts'

const frame = (stream: number, text: string): Buffer => {
  const header = Buffer.alloc(8)
  header[0] = stream
  header.writeUInt32BE(Buffer.byteLength(text), 4)
  return Buffer.concat([header, Buffer.from(text)])
}

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function join(bytes: AsyncIterable<Uint8Array>): Promise<Record<string, string>> {
  const seen: Record<string, string> = {}
  for await (const { stream, chunk } of demultiplex(bytes)) seen[stream] = (seen[stream] ?? '') + Buffer.from(chunk).toString('latin1')
  return seen
}

describe('demultiplex', () => {
  const bytes = Buffer.concat([frame(1, 'hello '), frame(2, 'oh no'), frame(1, ''), frame(0, 'typed '), frame(1, 'world')])

  it.each([1, 2, 3, 7, 8, 9, 13, 1000])('finds both streams in pieces of %i bytes', async (size) => {
    expect(await join(pieces(bytes, size))).toEqual({ stdout: 'hello typed world', stderr: 'oh no' })
  })

  it('throws what the daemon reports of itself', async () => {
    await expect(join(pieces(Buffer.concat([frame(1, 'x'), frame(3, 'disk full\n')]), 4))).rejects.toMatchObject({
      code: 'API_FAILED_MIDWAY',
      message: 'disk full',
    })
  })

  it('does not take half a frame for an end', async () => {
    await expect(join(pieces(bytes.subarray(0, 10), 100))).rejects.toMatchObject({ code: 'API_CONNECTION_LOST' })
    await expect(join(pieces(bytes.subarray(0, 5), 100))).rejects.toMatchObject({ code: 'API_CONNECTION_LOST' })
  })

  it('does not take raw output for frames', async () => {
    await expect(join(pieces(Buffer.from('plain text of a terminal'), 100))).rejects.toMatchObject({ code: 'API_BAD_ANSWER' })
  })
})
