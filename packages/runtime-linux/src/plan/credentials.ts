import type { CapabilitySets, Operation } from '@ct/native'
import { compileSeccomp, type LinuxSeccomp, SeccompError, seccompFlags } from '@ct/seccomp'
import { CAPABILITIES } from '../capabilities.ts'
import { RuntimeError } from '../errors.ts'
import type { LinuxCapabilities, Process } from '../spec/process.ts'

/** A system call filter, ready for the kernel. */
export interface SeccompFilter {
  readonly program: Uint8Array
  /** Those of seccomp(2). */
  readonly flags: number
}

/** What a process may do, and what the plan does in the middle of taking the rest away. */
export interface CredentialContext {
  readonly process: Process
  readonly filter?: SeccompFilter | undefined
  /** Capabilities that are left out of every set. */
  readonly withheld?: readonly string[] | undefined
  /** Run once the process is the user's, right before its program. */
  readonly hold: boolean
  /** Fails before the hold when none of these can be executed. Default: not looked at. */
  readonly probe?: readonly string[] | undefined
}

/**
 * The last operations before the exec. Installing a filter needs CAP_SYS_ADMIN or no_new_privs: without the latter the
 * filter comes first, with it last, so that the fewest calls of the set-up need its blessing; as runc does.
 */
export function planCredentials({ process, filter, withheld = [], hold, probe }: CredentialContext): Operation[] {
  const { user, noNewPrivileges = false } = process
  const filters: Operation[] = filter === undefined ? [] : [{ op: 'seccomp', ...filter }]
  const operations: Operation[] = []
  // A listener is handed on before the hold: afterwards nobody may be there to do it.
  const isEarly = !noNewPrivileges || (filter !== undefined && hasListener(filter))
  if (noNewPrivileges) operations.push({ op: 'no-new-privileges' })
  if (isEarly) operations.push(...filters)
  operations.push(
    { op: 'user', uid: user.uid, gid: user.gid, groups: user.additionalGids ?? [] },
    { op: 'capabilities', sets: capabilitySets(process.capabilities ?? {}, withheld) },
  )
  if (probe !== undefined) operations.push({ op: 'probe', files: probe })
  if (hold) operations.push({ op: 'hold' })
  if (!isEarly) operations.push(...filters)
  return operations
}

/** The sets as numbers; names that this kernel's list lacks are skipped, as the specification has it. */
export function capabilitySets(names: LinuxCapabilities, withheld: readonly string[] = []): CapabilitySets {
  const numbers = (list: readonly string[] = []) =>
    list
      .filter((name) => !withheld.includes(name))
      .map((name) => CAPABILITIES.indexOf(name))
      .filter((number) => number >= 0)
  return {
    bounding: numbers(names.bounding),
    effective: numbers(names.effective),
    permitted: numbers(names.permitted),
    inheritable: numbers(names.inheritable),
    ambient: numbers(names.ambient),
  }
}

/** SECCOMP_FILTER_FLAG_NEW_LISTENER. */
const NEW_LISTENER = 8

/** Whether somebody is asked about calls. */
export function hasListener({ flags }: Pick<SeccompFilter, 'flags'>): boolean {
  return (flags & NEW_LISTENER) !== 0
}

/**
 * Compiles the filter of a spec.
 * @throws RuntimeError RUNTIME_BAD_SPEC when the program gets too long.
 */
export function seccompFilter(seccomp: LinuxSeccomp): SeccompFilter {
  try {
    return { program: compileSeccomp(seccomp), flags: seccompFlags(seccomp) }
  } catch (error) {
    if (!(error instanceof SeccompError)) throw error
    throw new RuntimeError('RUNTIME_BAD_SPEC', `linux.seccomp: ${error.message}`, { kind: 'invalid', cause: error })
  }
}
