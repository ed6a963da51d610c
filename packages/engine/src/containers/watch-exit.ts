import { type ExitRecord, readExitRecord } from '@ct/native'
import type { ContainerContext } from './container-context.ts'
import { containerPaths } from './container-paths.ts'
import type { ManagedContainer } from './managed-container.ts'

/** How a container ended; with `lost` nobody could say, and it tells why. */
export interface Ending extends ExitRecord {
  readonly lost?: string | undefined
}

/** Waits in the background until a running container has ended, and has done what must be done then. */
export function watchExit(context: ContainerContext, container: ManagedContainer): void {
  const { live } = container
  if (live === undefined) return
  const handled = live.exit
    .catch(async (error: unknown): Promise<Ending> => {
      if (context.closed.aborted) throw error
      return (await readExitRecord(containerPaths(container.directory).exit)) ?? lostEnding(`its supervisor is gone: ${String(error)}`)
    })
    .then((ending) => context.onEnded(container, ending))
    .catch((error: unknown) => {
      if (!context.closed.aborted) context.log(`cannot clean up after ${container.id}: ${String(error)}`)
    })
  context.background.add(handled)
}

/** The ending of a container of which nothing is left; docker gives 255 to those that it lost. */
export function lostEnding(why: string, exitCode = 137): Ending {
  const now = BigInt(Date.now()) * 1_000_000n
  return { exitCode, signal: 0, oomKilled: false, startedAtNs: now, exitedAtNs: now, lost: why }
}
