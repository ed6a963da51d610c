import { isTag, MAX_DOCUMENT_BYTES } from '@ct/image'
import { type HttpResponse, headerOf, readBounded } from './http.ts'
import { protocolError } from './network-error.ts'

/** Options of `RepositoryTarget.tags`. */
export interface TagsOptions {
  /** How many tags to ask for at once. @default 1000 */
  readonly pageSize?: number | undefined
  readonly signal?: AbortSignal | undefined
}

const maxPages = 10_000

/** Follows the `Link` headers of the tag list from page to page. */
export async function* listTags(
  get: (url: string | URL, signal: AbortSignal | undefined) => Promise<HttpResponse>,
  repository: string,
  { pageSize = 1000, signal }: TagsOptions,
): AsyncGenerator<string, void, undefined> {
  let next: string | URL | undefined = `tags/list?n=${pageSize}`
  for (let page = 0; next !== undefined; page++) {
    const response: HttpResponse = await get(next, signal)
    if (page === maxPages) throw protocolError(response.url, `its list of the tags of ${repository} has no end`)
    yield* parseTags(await readBounded(response, MAX_DOCUMENT_BYTES), response.url)
    next = nextPage(response)
  }
}

function parseTags(bytes: Uint8Array, url: URL): string[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    if (typeof value === 'object' && value !== null && 'tags' in value) {
      if (value.tags === null) return []
      if (Array.isArray(value.tags) && value.tags.every((tag): tag is string => typeof tag === 'string' && isTag(tag))) return value.tags
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw protocolError(url, 'its list of tags is malformed')
}

/** The next page must be on the same registry: the request carries a login. */
function nextPage(response: HttpResponse): URL | undefined {
  const target = /<([^>]*)>\s*;\s*rel="?next"?/.exec(headerOf(response, 'link') ?? '')?.[1]
  if (target === undefined || target === '') return undefined
  const url = URL.canParse(target, response.url.href) ? new URL(target, response.url) : undefined
  if (url?.origin !== response.url.origin) throw protocolError(response.url, 'its list of tags goes on elsewhere')
  return url
}
