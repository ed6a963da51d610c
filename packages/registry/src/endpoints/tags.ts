import { DistributionError } from '../errors.ts'
import { answerJson, type Exchange } from '../exchange.ts'
import { linkTo, pageOf } from './page.ts'

/** GET of a repository's tags, in order, with `n` and `last` for pages. */
export async function listTags(exchange: Exchange): Promise<void> {
  const { repository, query } = exchange
  const tags = (await repository.tags()).map(({ tag }) => tag).sort()
  if (tags.length === 0 && !(await repository.exists()))
    throw new DistributionError('DISTRIBUTION_NAME_UNKNOWN', `no repository ${repository.name}`)
  const { items, next } = pageOf(tags, query)
  answerJson(exchange, { name: repository.name, tags: items }, linkTo(`/v2/${repository.name}/tags/list`, next))
}
