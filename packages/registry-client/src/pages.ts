import { MAX_DOCUMENT_BYTES } from '@ct/image'
import { type HttpResponse, headerOf, readBounded } from './http.ts'
import { protocolError } from './network-error.ts'

/** Options of lists that come page by page. */
export interface ListOptions {
  /** How many entries to ask for at once. @default 1000 */
  readonly pageSize?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[]
  readonly response: HttpResponse
}

const maxPages = 10_000

/** Follows the `Link` headers of a list from page to page; `read` makes entries of a page's JSON, or `undefined` when it is malformed. */
export async function* followPages<Item>(
  get: (url: string | URL) => Promise<HttpResponse>,
  first: string,
  { what, read }: { readonly what: string; readonly read: (value: unknown) => readonly Item[] | undefined },
): AsyncGenerator<Page<Item>, void, undefined> {
  let next: string | URL | undefined = first
  for (let page = 0; next !== undefined; page++) {
    const response: HttpResponse = await get(next)
    if (page === maxPages) throw protocolError(response.url, `its list of ${what} has no end`)
    const items = read(parseJson(await readBounded(response, MAX_DOCUMENT_BYTES)))
    if (items === undefined) throw protocolError(response.url, `its list of ${what} is malformed`)
    yield { items, response }
    next = nextPage(response, what)
  }
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** The next page must be on the same registry: the request carries a login. */
function nextPage(response: HttpResponse, what: string): URL | undefined {
  const target = /<([^>]*)>\s*;\s*rel="?next"?/.exec(headerOf(response, 'link') ?? '')?.[1]
  if (target === undefined || target === '') return undefined
  const url = URL.canParse(target, response.url.href) ? new URL(target, response.url) : undefined
  if (url?.origin !== response.url.origin) throw protocolError(response.url, `its list of ${what} goes on elsewhere`)
  return url
}
