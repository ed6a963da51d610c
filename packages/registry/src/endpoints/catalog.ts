import { answerJson, type Exchange } from '../exchange.ts'
import { linkTo, pageOf } from './page.ts'

/** GET of the repositories that the caller may pull from, in order, with `n` and `last` for pages. */
export async function listRepositories(exchange: Exchange): Promise<void> {
  const { registry, query, admission } = exchange
  const visible: string[] = []
  for (const repository of await registry.listRepositories()) if (admission.may({ repository, action: 'pull' })) visible.push(repository)
  const { items, next } = pageOf(visible, query)
  answerJson(exchange, { repositories: items }, linkTo('/v2/_catalog', next))
}
