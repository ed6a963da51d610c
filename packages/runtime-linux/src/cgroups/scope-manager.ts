import { readFileSync, statSync } from 'node:fs'
import { geteuid } from 'node:process'
import { SystemdError, SystemdManager } from '@ct/systemd'
import { RuntimeError } from '../errors.ts'

/**
 * Whether the machine's systemd takes this process for root. It does not take a user for that who is root in a user
 * namespace, as in a rootless Podman's: there its files are another's.
 */
export function isRootOfSystemd(): boolean {
  const owner = statSync('/run/systemd/system', { throwIfNoEntry: false })?.uid ?? 0
  return geteuid?.() === 0 && owner === 0
}

/** Where a user's bus is unless it is said. */
export function defaultUserBus(): string {
  return `unix:path=/run/user/${geteuid?.() ?? 0}/bus`
}

/**
 * Asks systemd's manager of the machine, or with the address of a user's bus, theirs.
 * @throws RuntimeError RUNTIME_UNSUPPORTED, RUNTIME_CGROUP_FAILED.
 */
export async function withManager<Result>(bus: string | undefined, act: (manager: SystemdManager) => Promise<Result>): Promise<Result> {
  try {
    using manager = await SystemdManager.connect({ bus })
    return await act(manager)
  } catch (error) {
    if (!(error instanceof SystemdError)) throw error
    const { message, kind, hint } = error
    throw new RuntimeError(kind === 'unsupported' ? 'RUNTIME_UNSUPPORTED' : 'RUNTIME_CGROUP_FAILED', message, { kind, hint, cause: error })
  }
}

/**
 * Moves this process into a scope of its own of a user's manager, unless it is below that already: from elsewhere, as from
 * a login session, the kernel lets no process of a user come into the cgroups that are delegated to the manager.
 * @throws RuntimeError RUNTIME_UNSUPPORTED, RUNTIME_CGROUP_FAILED.
 */
export async function enterUserManager(bus: string): Promise<void> {
  await withManager(bus, async (manager) => {
    const own = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? ''
    if (own.startsWith(`${await manager.controlGroup()}/`)) return
    const unit = { name: `ct-runtime-${process.pid}.scope`, slice: 'user.slice', properties: [] }
    await manager.startScope({ ...unit, description: 'a program that runs containers of ct', pids: [process.pid] })
  })
}
