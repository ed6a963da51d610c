import { expect, it } from 'vitest'
import { TreeEncoder } from '../src/tree-encoder.ts'

it('uses a buffer again only when all that was handed on of it has been used', () => {
  const emitted: { readonly chunk: Uint8Array; readonly release: (() => void) | undefined }[] = []
  const encoder = new TreeEncoder((chunk, release) => emitted.push({ chunk, release }))
  const piece = (value: number): Uint8Array => new Uint8Array(30_000).fill(value)
  const fill = (value: number): void => {
    const before = emitted.length
    while (emitted.length === before) encoder.content(piece(value))
  }
  fill(1)
  fill(2)
  expect(emitted[0]?.chunk.buffer).not.toBe(emitted[1]?.chunk.buffer)
  emitted[0]?.release?.()
  fill(3)
  fill(4)
  encoder.flush()
  const buffers = emitted.map(({ chunk }) => chunk.buffer)
  expect(buffers.lastIndexOf(buffers[0] as ArrayBuffer)).toBeGreaterThan(0)
  expect(buffers.lastIndexOf(buffers[1] as ArrayBuffer)).toBe(1)
  expect(emitted[1]?.chunk.every((byte) => byte === 1 || byte === 2)).toBe(true)
})

it('copies content, also what is larger than a buffer, so that the bytes may change at once', () => {
  const emitted: Uint8Array[] = []
  const encoder = new TreeEncoder((chunk) => emitted.push(chunk))
  const piece = Buffer.from(Array.from({ length: 600_001 }, (_, index) => index % 251))
  const expected = Buffer.concat([Buffer.from([9]), piece, piece])
  encoder.content(new Uint8Array([9]))
  encoder.content(piece)
  encoder.content(piece)
  encoder.flush()
  piece.fill(0)
  expect(Buffer.concat(emitted).equals(expected)).toBe(true)
})
