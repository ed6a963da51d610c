import { type Digest, digestOf } from './digest.ts'

/**
 * The chainID of each prefix of a stack of layers, lowest first.
 * @see https://github.com/opencontainers/image-spec/blob/main/config.md#layer-chainid
 */
export function chainIds(diffIds: readonly Digest[]): Digest[] {
  const chain: Digest[] = []
  let parent: Digest | undefined
  for (const diffId of diffIds) {
    parent = parent === undefined ? diffId : digestOf(`${parent} ${diffId}`)
    chain.push(parent)
  }
  return chain
}

/** The chainID of a whole stack of layers. Throws a TypeError when there are none. */
export function chainId(diffIds: readonly Digest[]): Digest {
  const last = chainIds(diffIds).at(-1)
  if (last === undefined) throw new TypeError('an empty stack of layers has no chainID')
  return last
}
