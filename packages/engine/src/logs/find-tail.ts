import type { FileHandle } from 'node:fs/promises'

const CHUNK = 64 * 1024
const NEWLINE = 10

/** Where the last `count` complete lines of a file begin; reads from the end, one chunk at a time. */
export async function findTail(file: FileHandle, count: number): Promise<number> {
  const { size } = await file.stat()
  const buffer = Buffer.allocUnsafe(CHUNK)
  let missing = count + 1
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - CHUNK)
    const { bytesRead } = await file.read(buffer, 0, end - start, start)
    for (let at = bytesRead - 1; at >= 0; at -= 1) {
      if (buffer[at] !== NEWLINE) continue
      missing -= 1
      if (missing === 0) return start + at + 1
    }
    end = start
  }
  return 0
}
