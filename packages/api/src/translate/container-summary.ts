import type { ContainerRecord } from '@ct/engine'
import type { ContainerSummary } from '../wire/container.ts'
import { mountPointOf, networksOf } from './container-inspect.ts'
import { portSummaries } from './ports.ts'
import { humanDuration, unixSeconds, ZERO_TIME } from './time.ts'

/** What a summary says beside the record. */
export interface SummaryFacts {
  readonly networkId: string
  readonly nowMs: number
  readonly size?: { readonly rwBytes: number; readonly rootFsBytes: number } | undefined
}

/** A container as `docker ps` shows it. */
export function containerSummaryOf(record: ContainerRecord, { networkId, nowMs, size }: SummaryFacts): ContainerSummary {
  return {
    Id: record.id,
    Names: [`/${record.name}`],
    Image: record.image,
    ImageID: record.imageId,
    Command: [...record.spec.entrypoint, ...record.spec.command].map(quoted).join(' '),
    Created: unixSeconds(record.createdAt),
    Ports: portSummaries(record),
    ...(size && { SizeRw: size.rwBytes, SizeRootFs: size.rootFsBytes }),
    Labels: record.spec.labels,
    State: record.state.status,
    Status: statusText(record, nowMs),
    HostConfig: { NetworkMode: record.network.mode },
    NetworkSettings: { Networks: networksOf(record, networkId) },
    Mounts: record.mounts.map(mountPointOf),
  }
}

function quoted(word: string, index: number): string {
  return index > 0 && word.includes(' ') ? `'${word}'` : word
}

/** `Up 5 minutes`, `Exited (0) 2 hours ago`, … */
export function statusText({ state }: Pick<ContainerRecord, 'state'>, nowMs: number): string {
  const since = (time: string): string => humanDuration(nowMs - Date.parse(time))
  switch (state.status) {
    case 'running':
      return `Up ${since(state.startedAt)}`
    case 'paused':
      return `Up ${since(state.startedAt)} (Paused)`
    case 'restarting':
      return `Restarting (${state.exitCode}) ${since(state.finishedAt)} ago`
    case 'removing':
      return 'Removal In Progress'
    case 'dead':
      return 'Dead'
    case 'created':
      return 'Created'
    case 'exited':
      return state.finishedAt === ZERO_TIME ? '' : `Exited (${state.exitCode}) ${since(state.finishedAt)} ago`
  }
}
