import { setTimeout as sleep } from 'node:timers/promises'
import type { Cgroup } from '../cgroups/cgroup.ts'
import { countOomKills, readStats } from '../cgroups/read-stats.ts'
import type { ContainerEvent, EventsOptions } from './runtime.ts'

/** How often the kernel's counter of OOM kills is read: it notifies through descriptors that Node cannot make. */
const OOM_POLL_MS = 100
const DEFAULT_INTERVAL_MS = 5_000

/** What is watched. */
export interface WatchedContainer {
  readonly cgroup: Cgroup
  isRunning(): boolean
}

/** Reports a container's use at once and then in intervals, and OOM kills as they come, until it has stopped. */
export async function* watchContainer(
  { cgroup, isRunning }: WatchedContainer,
  { intervalMs = DEFAULT_INTERVAL_MS, signal }: EventsOptions,
): AsyncGenerator<ContainerEvent> {
  let seen = countOomKills(cgroup)
  let nextStats = 0
  for (let running = isRunning(); running; ) {
    if (performance.now() >= nextStats) {
      nextStats = performance.now() + intervalMs
      yield { type: 'stats', stats: readStats(cgroup) }
    }
    await sleep(Math.max(1, Math.min(OOM_POLL_MS, nextStats - performance.now())), undefined, { signal })
    running = isRunning() // asked before the counter, so that a kill that ends the container is still reported
    const kills = countOomKills(cgroup)
    if (kills > seen) yield { type: 'oom', kills: kills - seen }
    seen = Math.max(seen, kills)
  }
}
