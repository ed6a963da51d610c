import { LayerfsError } from '../errors.ts'

/** What a body may have before the ratio counts: a small one full of zeros harms nobody. */
const FREE_BYTES = 256 * 1024 * 1024

/**
 * Passes on what `decompress` makes of a body, as long as it is not more than `maxRatio` times what was read of it.
 * @throws LayerfsError `LAYERFS_RATIO_TOO_HIGH`
 */
export async function* limitRatio(
  body: AsyncIterable<Uint8Array>,
  maxRatio: number,
  decompress: (body: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  let readBytes = 0
  let madeBytes = 0
  async function* counted(): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of body) {
      readBytes += chunk.length
      yield chunk
    }
  }
  for await (const chunk of decompress(counted())) {
    madeBytes += chunk.length
    if (madeBytes > FREE_BYTES && madeBytes > readBytes * maxRatio) throw tooHigh(maxRatio)
    yield chunk
  }
}

function tooHigh(maxRatio: number): LayerfsError {
  return new LayerfsError('LAYERFS_RATIO_TOO_HIGH', `the body becomes more than ${maxRatio} times larger when it is decompressed`, {
    kind: 'exhausted',
    hint: 'the limit is the option maxRatio (limits.maxRatio of unpack)',
  })
}
