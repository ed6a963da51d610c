import { DistributionError } from '../errors.ts'

/** Part of a list, and the query of the next part where there is one. */
export interface Page {
  readonly items: readonly string[]
  readonly next: string | undefined
}

/**
 * The part of a sorted list that `n` and `last` of a query ask for.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags
 * @throws DistributionError `DISTRIBUTION_UNSUPPORTED` for an `n` that is no number
 */
export function pageOf(sorted: readonly string[], query: URLSearchParams): Page {
  const last = query.get('last') ?? ''
  const limit = pageSize(query, Number.POSITIVE_INFINITY)
  const rest = sorted.filter((item) => item > last)
  const items = rest.slice(0, limit)
  const end = items.at(-1)
  return { items, next: items.length < rest.length && end !== undefined ? `n=${limit}&last=${encodeURIComponent(end)}` : undefined }
}

/** The Link header of a page that is not the last. */
export function linkTo(path: string, next: string | undefined): Readonly<Record<string, string>> {
  return next === undefined ? {} : { link: `<${path}?${next}>; rel="next"` }
}

/**
 * What `n` of a query says.
 * @throws DistributionError `DISTRIBUTION_UNSUPPORTED` for an `n` that is no number
 */
export function pageSize(query: URLSearchParams, otherwise: number): number {
  const text = query.get('n')
  if (text === null) return otherwise
  if (!/^\d{1,6}$/.test(text))
    throw new DistributionError('DISTRIBUTION_UNSUPPORTED', `n is a number, not ${text.slice(0, 20)}`, { status: 400 })
  return Number(text)
}
