import { setTimeout as sleep } from 'node:timers/promises'
import type { ContainerStats as EngineStats } from '@ct/engine'
import type { Endpoint, MessagesAnswer } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import { statsOf } from '../translate/stats.ts'
import type { ContainerStats } from '../wire/stats.ts'

/** What a container uses, once a second. */
export const containerStats = {
  method: 'GET',
  path: '/containers/{id}/stats',
  summary: 'What a container uses, once a second.',
  query: { stream: 'flag', 'one-shot': 'flag' },
  answer: 'messages' as MessagesAnswer<ContainerStats>,
} as const satisfies Endpoint

export const containerStatsHandler: Handler<typeof containerStats> = async ({ engine, params, query, signal }) => {
  const { id } = engine.containers.get(params.id)
  const sample = (): Promise<EngineStats> => engine.containers.stats(id)
  const first = await sample()
  if (query.stream === false) return once(first, query['one-shot'] === true ? undefined : sample, signal)
  return everySecond(first, sample, signal)
}

const PERIOD_MS = 1000

/** One message; with a second sample it can tell how much CPU was used between the two. */
async function* once(
  first: EngineStats,
  sample: (() => Promise<EngineStats>) | undefined,
  signal: AbortSignal,
): AsyncGenerator<ContainerStats> {
  if (sample !== undefined) await sleep(PERIOD_MS, undefined, { signal })
  yield sample === undefined ? statsOf(first, undefined) : statsOf(await sample(), first)
}

async function* everySecond(first: EngineStats, sample: () => Promise<EngineStats>, signal: AbortSignal): AsyncGenerator<ContainerStats> {
  let before = first
  yield statsOf(first, undefined)
  for (;;) {
    await sleep(PERIOD_MS, undefined, { signal })
    const now = await sample()
    yield statsOf(now, before)
    before = now
  }
}
