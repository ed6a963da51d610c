/** A body of one chunk, for blobs that are in memory already. */
export async function* bodyOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes
}
