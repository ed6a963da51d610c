import { parseReference } from '@ct/image'
import { DistributionError } from './errors.ts'
import { answerJson, type Exchange } from './exchange.ts'

/** GET of a repository's tags, in order, with `n` and `last` for pages. */
export async function listTags(exchange: Exchange): Promise<void> {
  const { store, storeName, repository, query } = exchange
  const refs = await store.listRefs(`${storeName}/${repository}`)
  if (refs.length === 0) throw new DistributionError('DISTRIBUTION_NAME_UNKNOWN', `no repository ${repository}`)
  const last = query.get('last') ?? ''
  const tags = refs
    .flatMap(({ reference }) => parseReference(reference).tag ?? [])
    .filter((tag) => tag > last)
    .sort()
  const limit = pageSize(query)
  const page = tags.slice(0, limit)
  const next =
    page.length < tags.length && page.length > 0 ? `</v2/${repository}/tags/list?n=${limit}&last=${page.at(-1)}>; rel="next"` : undefined
  answerJson(exchange, { name: repository, tags: page }, next === undefined ? {} : { link: next })
}

function pageSize(query: URLSearchParams): number {
  const text = query.get('n')
  if (text === null) return Number.POSITIVE_INFINITY
  if (!/^\d{1,6}$/.test(text))
    throw new DistributionError('DISTRIBUTION_UNSUPPORTED', `n is a number, not ${text.slice(0, 20)}`, { status: 400 })
  return Number(text)
}
