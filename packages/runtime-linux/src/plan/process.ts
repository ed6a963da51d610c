import type { NamespaceType, Operation } from '@ct/native'
import { RuntimeError } from '../errors.ts'
import type { LinuxMemoryPolicy } from '../spec/linux.ts'
import type { Process } from '../spec/process.ts'
import { type CredentialContext, planCredentials } from './credentials.ts'
import { execFiles } from './exec-files.ts'
import { planLabels, type SecurityModules } from './labels.ts'
import { planRlimits } from './rlimits.ts'
import { planMemoryPolicy, planScheduling } from './scheduling.ts'

const DEFAULT_SIZE = { height: 24, width: 80 }
const DEFAULT_UMASK = 0o022

/**
 * Operations of a process that must run while the host's /proc is still there. In a user namespace a process may not
 * write its own score.
 */
export function planEarlyProcess(process: Process, namespaces: readonly NamespaceType[], modules: SecurityModules): Operation[] {
  const { oomScoreAdj } = process
  const score: Operation[] = oomScoreAdj === undefined || namespaces.includes('user') ? [] : [{ op: 'oom-score', value: oomScoreAdj }]
  return [...score, ...planLabels(process, modules)]
}

/** The pty, for a process that wants one. */
export function planTerminal({ terminal = false, consoleSize = DEFAULT_SIZE }: Process): Operation[] {
  if (!terminal) return []
  const size = consoleSize.height === 0 || consoleSize.width === 0 ? DEFAULT_SIZE : consoleSize
  return [{ op: 'terminal', rows: size.height, columns: size.width }]
}

/** Words a program that is not there as runc does, which clients know. */
export function execNotFound(program: string, cause?: unknown): RuntimeError {
  const reason = program.includes('/') ? `stat ${program}: no such file or directory` : 'executable file not found in $PATH'
  return new RuntimeError('RUNTIME_EXEC_NOT_FOUND', `exec: ${JSON.stringify(program)}: ${reason}`, { kind: 'invalid', cause })
}

/** What the operations of a process depend on. */
export interface ProcessContext extends Omit<CredentialContext, 'probe'> {
  /** Whether a program that cannot be executed is a failure before the hold, for nobody could be told after it. */
  readonly isProbed?: boolean | undefined
  /** The container's. Default: the kernel's. */
  readonly memoryPolicy?: LinuxMemoryPolicy | undefined
}

/** Operations from inside the root to the program. */
export function planProcess(context: ProcessContext): Operation[] {
  const { args, env = [], cwd, rlimits, user } = context.process
  const operations: Operation[] = planRlimits(rlimits)
  operations.push(...planScheduling(context.process), ...planMemoryPolicy(context.memoryPolicy))
  operations.push({ op: 'umask', mask: user.umask ?? DEFAULT_UMASK })
  const files = execFiles(args[0] ?? '', env)
  if (files.length === 0) throw execNotFound(args[0] ?? '')
  operations.push({ op: 'cwd', path: cwd, create: true }, ...planCredentials({ ...context, probe: context.isProbed ? files : undefined }))
  operations.push({ op: 'exec', files, args, env })
  return operations
}
