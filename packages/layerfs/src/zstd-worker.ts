import { parentPort } from 'node:worker_threads'
import { ZstdDecoder } from './compression/zstd-decoder.ts'
import type { DecodeReply, DecodeRequest } from './compression/zstd-thread.ts'

// What a ZstdThread runs: answers each request with the content that it makes, at most this much of it, and a block.
const REPLY_BYTES = 512 * 1024

// With it, the decoder would load its WebAssembly from a data URL, for which Node loads a whole HTTP client, 60 ms.
Reflect.deleteProperty(globalThis, 'fetch')

let decoder: Promise<ZstdDecoder> | undefined

parentPort?.on('message', async (request: DecodeRequest) => {
  try {
    const { reply, buffers } = await answer(request)
    parentPort?.postMessage(reply, buffers)
  } catch (error) {
    parentPort?.postMessage({ error: error instanceof Error ? error.message : String(error) } satisfies DecodeReply)
  }
})

async function answer({ input, isEnd }: DecodeRequest): Promise<{ readonly reply: DecodeReply; readonly buffers: ArrayBuffer[] }> {
  decoder ??= ZstdDecoder.create()
  const current = await decoder
  if (input !== undefined) current.write(input)
  if (isEnd) current.end()
  const content: Uint8Array<ArrayBuffer>[] = []
  let block = current.read()
  for (let bytes = 0; block !== undefined && block.length > 0; block = current.read()) {
    content.push(block)
    bytes += block.length
    if (bytes >= REPLY_BYTES) break
  }
  if (block === undefined) decoder = undefined
  return {
    reply: { content, wants: block === undefined ? 'nothing' : block.length === 0 ? 'input' : 'turn' },
    buffers: content.map(({ buffer }) => buffer),
  }
}
