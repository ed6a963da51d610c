import { type CallOptions, type Descriptor, type Digest, type Index, isIndex, type Manifest, MEDIA_TYPES, parseManifest } from '@ct/image'
import { type HttpResponse, headerOf } from './http.ts'
import { followPages } from './pages.ts'

/** Options of `referrers`. */
export interface ReferrersOptions extends CallOptions {
  /** Only referrers of this type, such as `application/vnd.example.sbom`. */
  readonly artifactType?: string | undefined
}

/** How to ask for referrers: by the API, and by the tag that stands in for it. */
interface Ways {
  get(url: string | URL): Promise<HttpResponse>
  fallback(tag: string): Promise<readonly Descriptor[]>
}

/** The referrers of a digest; each once. */
export async function* referrersOf(
  subject: Digest,
  { get, fallback }: Ways,
  { artifactType }: ReferrersOptions,
): AsyncGenerator<Descriptor, void, undefined> {
  const seen = new Set<Digest>()
  const isWanted = (descriptor: Descriptor): boolean => {
    if (seen.has(descriptor.digest) || (artifactType !== undefined && descriptor.artifactType !== artifactType)) return false
    seen.add(descriptor.digest)
    return true
  }
  let hasApi = true
  const ask = async (url: string | URL): Promise<HttpResponse> => {
    const response = await get(url)
    // A registry without the API says 404, or shows a page of its own.
    hasApi = response.status === 200 && headerOf(response, 'content-type')?.split(';')[0] === MEDIA_TYPES.ociIndex
    return response
  }
  const read = (value: unknown): readonly Descriptor[] | undefined => (hasApi ? readIndex(value) : [])
  const query = artifactType === undefined ? '' : `?${new URLSearchParams({ artifactType })}`
  for await (const { items } of followPages(ask, `referrers/${subject}${query}`, { what: `the referrers of ${subject}`, read })) {
    if (!hasApi) break
    yield* items.filter(isWanted)
  }
  if (!hasApi) yield* (await fallback(referrersTag(subject))).filter(isWanted)
}

/**
 * The tag under which referrers are listed where the registry does not know them.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema
 */
export function referrersTag(subject: Digest): string {
  return subject.replace(':', '-').slice(0, 128)
}

/** The list at that tag with one more referrer in it; `undefined` when it is there already. */
export function withReferrer(
  list: readonly Descriptor[],
  { mediaType, digest, size }: Descriptor,
  manifest: Manifest | Index,
): Index | undefined {
  if (list.some((entry) => entry.digest === digest)) return undefined
  const { annotations } = manifest
  const artifactType = manifest.artifactType ?? (isIndex(manifest) ? undefined : manifest.config.mediaType)
  const entry = {
    mediaType,
    digest,
    size,
    ...(artifactType !== undefined && { artifactType }),
    ...(annotations !== undefined && { annotations }),
  }
  return { schemaVersion: 2, mediaType: MEDIA_TYPES.ociIndex, manifests: [...list, entry] }
}

function readIndex(value: unknown): readonly Descriptor[] | undefined {
  const manifest = value === undefined ? undefined : parseManifest(Buffer.from(JSON.stringify(value)), { mediaType: MEDIA_TYPES.ociIndex })
  return manifest !== undefined && isIndex(manifest) ? manifest.manifests : undefined
}
