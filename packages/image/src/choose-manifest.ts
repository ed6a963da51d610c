import type { Descriptor } from './descriptor.ts'
import { ImageError } from './errors.ts'
import { isIndex, parseManifest } from './manifest.ts'
import { isIndexMediaType } from './media-types.ts'
import { type Platform, selectPlatform } from './platform.ts'
import { readBlob } from './read-blob.ts'
import type { Source } from './target.ts'

/** How deep indexes may stand in indexes. */
export const MAX_INDEX_DEPTH = 8

/** Follows indexes, nested ones too, to the manifest for a platform. */
export async function chooseManifest(
  source: Source,
  root: Descriptor,
  { platform, signal }: { readonly platform: Platform; readonly signal?: AbortSignal | undefined },
): Promise<Descriptor> {
  let current = root
  for (let depth = 0; isIndexMediaType(current.mediaType); depth++) {
    if (depth === MAX_INDEX_DEPTH) throw tooDeep(root)
    const index = parseManifest(await readBlob(source, current, { signal }), current)
    if (isIndex(index)) current = selectPlatform(index, platform)
  }
  return current
}

/** The error for indexes in indexes in indexes. */
export function tooDeep(root: Descriptor): ImageError {
  return new ImageError('IMAGE_TOO_LARGE', `index ${root.digest} holds indexes more than ${MAX_INDEX_DEPTH} deep`, { kind: 'exhausted' })
}
