import type { LayerCompression } from '@ct/image'

/** The bytes that {@link detectCompression} wants to see. */
export const MAGIC_BYTES = 4

/** What the first bytes of a body say; an unknown beginning counts as not compressed. */
export function detectCompression(head: Buffer): LayerCompression {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  return head.length >= MAGIC_BYTES && (isZstdFrame(head) || isSkippableFrame(head)) ? 'zstd' : 'none'
}

/** Whether a zstd frame begins here. */
export function isZstdFrame(head: Buffer): boolean {
  return head.length >= MAGIC_BYTES && head.readUInt32LE(0) === 0xfd2fb528
}

/** Whether a frame begins here that zstd decoders skip; its size follows. */
export function isSkippableFrame(head: Buffer): boolean {
  return head.length >= MAGIC_BYTES && (head.readUInt32LE(0) & 0xfffffff0) === 0x184d2a50
}
