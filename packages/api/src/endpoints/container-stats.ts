import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine, ContainerStats as EngineStats } from '@ct/engine'
import { isCtError } from '@ct/errors'
import type { Endpoint, MessagesAnswer } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import { idleStatsOf, statsOf } from '../translate/stats.ts'
import type { ContainerStats } from '../wire/stats.ts'

/** What a container uses, once a second. */
export const containerStats = {
  method: 'GET',
  path: '/containers/{id}/stats',
  summary: 'What a container uses, once a second.',
  query: { stream: 'flag', 'one-shot': 'flag' },
  answer: 'messages' as MessagesAnswer<ContainerStats>,
} as const satisfies Endpoint

export const containerStatsHandler: Handler<typeof containerStats> = ({ engine, params, query, signal }) => {
  const { id } = engine.containers.get(params.id)
  return samples(engine, id, { isOne: query.stream === false, isQuick: query['one-shot'] === true, signal })
}

const PERIOD_MS = 1000

interface SampleOptions {
  /** One message instead of one a second. */
  readonly isOne: boolean
  /** Do not wait for a second sample, without which CPU use cannot be told. */
  readonly isQuick: boolean
  readonly signal: AbortSignal
}

/** Samples of a container until it is removed; one that does not run uses nothing. */
async function* samples(
  engine: Engine,
  id: string,
  { isOne, isQuick, signal }: SampleOptions,
): AsyncGenerator<ContainerStats, void, undefined> {
  let before: EngineStats | undefined
  if (isOne && !isQuick) {
    before = await sample(engine, id)
    if (before !== undefined) await sleep(PERIOD_MS, undefined, { signal })
  }
  for (;;) {
    const now = await sample(engine, id)
    const record = engine.containers.find(id)
    if (record === undefined) return
    yield now === undefined ? idleStatsOf(record) : statsOf(now, before)
    if (isOne) return
    before = now
    await sleep(PERIOD_MS, undefined, { signal })
  }
}

async function sample(engine: Engine, id: string): Promise<EngineStats | undefined> {
  try {
    return await engine.containers.stats(id)
  } catch (error) {
    if (isCtError(error) && (error.code === 'ENGINE_NOT_RUNNING' || error.code === 'ENGINE_NO_CONTAINER')) return undefined
    throw error
  }
}
