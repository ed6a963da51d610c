import { DEFAULT_PROFILE } from './default-profile.table.ts'
import type { LinuxSeccomp, SeccompArchitecture } from './linux-seccomp.ts'

/** The machines that the default profile knows, and the instruction sets their programs may use. */
const ARCHITECTURES: Readonly<Record<'x64' | 'arm64', readonly SeccompArchitecture[]>> = {
  x64: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  arm64: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_ARM'],
}

const made = new Map<string, LinuxSeccomp>()

/**
 * Docker's default system call filter for a process with these bounding capabilities (`CAP_…`): some calls are allowed
 * only to those that have the capability they need anyway. The same object is returned for the same input, so
 * {@link compileSeccomp} compiles it once.
 * @see https://docs.docker.com/engine/security/seccomp/
 */
export function defaultSeccomp(capabilities: readonly string[], machine: 'x64' | 'arm64' = hostMachine()): LinuxSeccomp {
  const has = new Set(capabilities)
  const key = `${machine} ${[...has].sort().join(' ')}`
  const known = made.get(key)
  if (known !== undefined) return known
  const groups = DEFAULT_PROFILE.filter(
    (group) =>
      (group.machine ?? machine) === machine &&
      (group.having === undefined || has.has(group.having)) &&
      (group.lacking === undefined || !has.has(group.lacking)),
  )
  const profile: LinuxSeccomp = {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 1,
    architectures: ARCHITECTURES[machine],
    syscalls: groups.flatMap((group) => group.rules),
  }
  made.set(key, profile)
  return profile
}

function hostMachine(): 'x64' | 'arm64' {
  return process.arch === 'arm64' ? 'arm64' : 'x64'
}
