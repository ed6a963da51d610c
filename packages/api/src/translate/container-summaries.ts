import type { ContainerRecord, Engine } from '@ct/engine'
import type { ContainerSummary } from '../wire/container.ts'
import { containerSummaryOf } from './container-summary.ts'

/** Containers as `docker ps` lists them. */
export async function containerSummariesOf(
  engine: Engine,
  records: readonly ContainerRecord[],
  { size = false }: { readonly size?: boolean | undefined } = {},
): Promise<readonly ContainerSummary[]> {
  const networkIds = new Map((await engine.networks.list()).map(({ name, id }) => [name as string, id]))
  const nowMs = Date.now()
  const summaries: ContainerSummary[] = []
  for (const record of records) {
    summaries.push(
      containerSummaryOf(record, {
        networkId: networkIds.get(record.network.mode) ?? '',
        nowMs,
        size: size ? await engine.containers.size(record.id) : undefined,
      }),
    )
  }
  return summaries
}
