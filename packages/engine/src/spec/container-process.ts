import { type Mount, readFileInMounts } from '@ct/layerfs'
import { type LinuxCapabilities, type Process, type ResolvedUser, type Rlimit, resolveUser } from '@ct/runtime-linux'
import type { ContainerRecord } from '../containers/container-record.ts'
import { mergeEnv } from '../containers/resolve-spec.ts'
import { containerCapabilities } from './container-capabilities.ts'

const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const MAX_ACCOUNT_FILE_BYTES = 4 * 1024 * 1024
const UNLIMITED = 2 ** 64

/** Looks a user up in the accounts of a container's root file system. */
export async function userInRoot(user: string, mounts: readonly Mount[], additionalGroups: readonly string[] = []): Promise<ResolvedUser> {
  const [passwd, group] = await Promise.all([accountFile(mounts, '/etc/passwd'), accountFile(mounts, '/etc/group')])
  return resolveUser(user, { passwd, group }, { additionalGroups })
}

/** The first process of a container. */
export function containerProcess({ spec }: ContainerRecord, user: ResolvedUser): Process {
  return {
    terminal: spec.tty,
    ...(spec.consoleSize !== undefined && { consoleSize: { height: spec.consoleSize.rows, width: spec.consoleSize.columns } }),
    user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
    args: [...spec.entrypoint, ...spec.command],
    env: containerEnv(spec, user.home),
    cwd: spec.workingDirectory === '' ? '/' : spec.workingDirectory,
    capabilities: processCapabilities(containerCapabilities(spec.security), user.uid),
    rlimits: (spec.ulimits ?? []).map(rlimit),
    noNewPrivileges: spec.security.noNewPrivileges ?? false,
    ...(spec.oomScoreAdj !== undefined && { oomScoreAdj: spec.oomScoreAdj }),
  }
}

/** What every program in a container finds in its environment, with the container's own on top. */
export function containerEnv(spec: ContainerRecord['spec'], home: string): string[] {
  const base = [DEFAULT_PATH, `HOSTNAME=${spec.hostname}`, ...(spec.tty ? ['TERM=xterm'] : [])]
  const env = mergeEnv(base, spec.env)
  return env.some((entry) => entry.startsWith('HOME=')) ? env : [...env, `HOME=${home}`]
}

/** The bounding set is the same for every user; one that is not root starts with none of them in effect. */
export function processCapabilities(names: readonly string[], uid: number): LinuxCapabilities {
  const inEffect = uid === 0 ? names : []
  return { bounding: names, effective: inEffect, permitted: inEffect, inheritable: [], ambient: [] }
}

function rlimit({ name, soft, hard }: { readonly name: string; readonly soft: number; readonly hard: number }): Rlimit {
  const value = (limit: number): number => (limit < 0 ? UNLIMITED : limit)
  return { type: `RLIMIT_${name.toUpperCase()}`, soft: value(soft), hard: value(hard) }
}

async function accountFile(mounts: readonly Mount[], path: string): Promise<string | undefined> {
  const bytes = await readFileInMounts(mounts, path, { maxBytes: MAX_ACCOUNT_FILE_BYTES })
  return bytes === undefined ? undefined : Buffer.from(bytes).toString()
}
