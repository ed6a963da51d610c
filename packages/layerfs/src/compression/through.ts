import { pipeline, type Transform } from 'node:stream'

/** Sends a body through a stream; an error of either ends the reader, and leaving early destroys both. */
export async function* through(body: AsyncIterable<Uint8Array>, stream: Transform): AsyncGenerator<Uint8Array, void> {
  pipeline(body, stream, () => undefined)
  for await (const chunk of stream) yield chunk as Uint8Array
}
