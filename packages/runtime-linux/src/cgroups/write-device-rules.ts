import { hasErrno } from '@ct/errors'
import { attachDeviceProgram } from '@ct/native'
import { RuntimeError } from '../errors.ts'
import type { LinuxDeviceRule } from '../spec/resources.ts'
import type { Cgroup } from './cgroup.ts'
import { compileDeviceProgram } from './device-program.ts'
import { effectiveRules, writeDeviceLines } from './device-rules.ts'

/**
 * Brings a cgroup to a list of device rules: version 1 takes them as lines, version 2 as a program. A new cgroup of
 * version 2 that may use everything gets none, so that engines inside can give programs to cgroups of their own.
 * @throws RuntimeError RUNTIME_CGROUP_FAILED.
 */
export async function writeDeviceRules(
  cgroup: Cgroup,
  rules: readonly LinuxDeviceRule[] | undefined,
  { isNew }: { readonly isNew: boolean },
): Promise<void> {
  const [whole] = cgroup.hierarchies
  if (cgroup.layout.version === 1 || whole === undefined) {
    writeDeviceLines(cgroup, rules)
    return
  }
  const [first, ...others] = effectiveRules(rules)
  if (isNew && first.allow && others.length === 0) return
  try {
    await attachDeviceProgram(whole.directory, compileDeviceProgram(rules))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new RuntimeError('RUNTIME_CGROUP_FAILED', reason, { kind: hasErrno(error, 'EPERM') ? 'denied' : 'invalid', cause: error })
  }
}
