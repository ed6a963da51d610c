import { existsSync } from 'node:fs'
import { RuntimeError } from '../errors.ts'
import type { Process } from '../spec/process.ts'

/** Names of security modules' labels in a configuration. */
export interface Labels {
  readonly process: Pick<Process, 'apparmorProfile' | 'selinuxLabel'>
  readonly mountLabel?: string | undefined
}

/** Where a kernel that has the module shows it. */
const APPARMOR = '/sys/module/apparmor'
const SELINUX = '/sys/fs/selinux/enforce'

/**
 * Labels cannot be set yet: they are refused where the kernel has their module. Where it has not, they would say nothing,
 * and configurations made for other machines are taken, with a warning.
 * @throws RuntimeError RUNTIME_UNSUPPORTED.
 */
export function refuseLabels(
  { process, mountLabel }: Labels,
  {
    onWarning,
    exists = existsSync,
  }: { readonly onWarning?: ((warning: RuntimeError) => void) | undefined; exists?(path: string): boolean },
): void {
  const check = (path: string, label: string | undefined, module: string) => {
    if (!label) return
    if (exists(module)) throw new RuntimeError('RUNTIME_UNSUPPORTED', `${path}: is not supported`, { kind: 'unsupported' })
    onWarning?.(new RuntimeError('RUNTIME_UNSUPPORTED', `${path} is left out: the kernel has no ${module}`, { kind: 'unsupported' }))
  }
  check('process.apparmorProfile', process.apparmorProfile, APPARMOR)
  check('process.selinuxLabel', process.selinuxLabel, SELINUX)
  check('linux.mountLabel', mountLabel, SELINUX)
}
