import { existsSync, readFileSync } from 'node:fs'
import { hasErrno } from '@ct/errors'
import type { Operation } from '@ct/native'
import { RuntimeError } from '../errors.ts'
import type { Process } from '../spec/process.ts'

/** The security modules of this kernel that take labels. */
export interface SecurityModules {
  /** File below /proc/self/attr that takes the profile of the next exec; undefined: no AppArmor. */
  readonly apparmor?: 'apparmor/exec' | 'exec' | undefined
  readonly selinux: boolean
}

/** Names of security modules' labels in a configuration. */
export interface Labels {
  readonly process: Pick<Process, 'apparmorProfile' | 'selinuxLabel'>
  readonly mountLabel?: string | undefined
}

const APPARMOR = '/sys/module/apparmor/parameters/enabled'
const SELINUX = '/sys/fs/selinux/enforce'

/** File systems of the kernel's own objects, which have their labels from elsewhere; as in runc. */
const UNLABELED = ['proc', 'sysfs', 'mqueue']

let detected: SecurityModules | undefined

/** The modules that the kernel has switched on, which it does when it starts. */
export function securityModules(): SecurityModules {
  detected ??= detectSecurityModules()
  return detected
}

function detectSecurityModules(): SecurityModules {
  const own = existsSync('/proc/self/attr/apparmor/exec') ? 'apparmor/exec' : 'exec' // the latter is the only one before Linux 5.8
  return { apparmor: isOn(APPARMOR) ? own : undefined, selinux: existsSync(SELINUX) }
}

/**
 * Labels say nothing where the kernel lacks their module: configurations made for other machines are taken, and it is
 * told that their labels are left out.
 */
export function warnOfLabels({ process, mountLabel }: Labels, modules: SecurityModules, onWarning?: (warning: RuntimeError) => void): void {
  const check = (path: string, label: string | undefined, module: string, isThere: boolean) => {
    if (!label || isThere) return
    onWarning?.(new RuntimeError('RUNTIME_UNSUPPORTED', `${path} is left out: the kernel has no ${module}`, { kind: 'unsupported' }))
  }
  check('process.apparmorProfile', process.apparmorProfile, 'AppArmor', modules.apparmor !== undefined)
  check('process.selinuxLabel', process.selinuxLabel, 'SELinux', modules.selinux)
  check('linux.mountLabel', mountLabel, 'SELinux', modules.selinux)
}

/**
 * Gives the process the label that it has from its exec on. It is written while the host's /proc is there, at which no
 * mount of the container can be.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/config.md#linux-process
 */
export function planLabels({ apparmorProfile, selinuxLabel }: Labels['process'], { apparmor, selinux }: SecurityModules): Operation[] {
  const operations: Operation[] = []
  if (apparmorProfile && apparmor !== undefined) operations.push({ op: 'label', file: apparmor, text: `exec ${apparmorProfile}` })
  if (selinuxLabel && selinux) operations.push({ op: 'label', file: 'exec', text: selinuxLabel })
  return operations
}

/** The options that label what is in a new mount; one that has a context keeps it. Not quoted, as fsconfig(2) takes it. */
export function mountContext(
  type: string | undefined,
  data: readonly string[],
  { mountLabel, modules }: { readonly mountLabel?: string | undefined; readonly modules: SecurityModules },
): string[] {
  if (!mountLabel || !modules.selinux || type === undefined || UNLABELED.includes(type)) return []
  return data.some((option) => option.startsWith('context=')) ? [] : [`context=${mountLabel}`]
}

function isOn(path: string): boolean {
  try {
    return readFileSync(path, 'utf8').startsWith('Y')
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'EACCES')) return false
    throw error
  }
}
