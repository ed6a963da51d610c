import { NativeError, type Operation } from '@ct/native'
import { RuntimeError } from '../errors.ts'
import { execNotFound } from '../plan/process.ts'

/** The plan that failed, for naming what did. */
export interface FailedPlan {
  readonly plan: { readonly operations: readonly Operation[] }
  /** The program as it was asked for. */
  readonly program: string
}

/** Names what failed of a plan: the program, a mount, or another step. Errors of other origin stay as they are. */
export function explainFailure(error: unknown, { plan, program }: FailedPlan): unknown {
  if (!(error instanceof NativeError) || error.code === 'NATIVE_NO_HELPER') return error
  if (error.code === 'NATIVE_EXEC_FAILED') return explainExecFailure(error, program)
  const operation = error.operationIndex === undefined ? undefined : plan.operations[error.operationIndex]
  return operation === undefined
    ? setupFailed(error.stage === undefined ? 'container cannot be set up' : `container cannot be set up (${error.stage})`, error)
    : explainOperation(operation, error)
}

/** Words a failed exec as runc does, which clients know. */
export function explainExecFailure(error: unknown, program: string): unknown {
  if (!(error instanceof NativeError) || error.code !== 'NATIVE_EXEC_FAILED') return error
  const { errno } = error
  const name = `exec: ${JSON.stringify(program)}:`
  if (errno === 'ENOENT' || errno === 'ENOTDIR') return execNotFound(program, error)
  if (errno === 'EACCES' || errno === 'EPERM' || errno === 'EISDIR') {
    return new RuntimeError('RUNTIME_EXEC_DENIED', `${name} permission denied`, { kind: 'invalid', cause: error })
  }
  const reason = errno === 'ENOEXEC' ? 'exec format error' : errno
  return new RuntimeError('RUNTIME_EXEC_FAILED', `${name} ${reason}`, { kind: 'invalid', cause: error })
}

function explainOperation(operation: Operation, error: NativeError): RuntimeError {
  switch (operation.op) {
    case 'root':
      return badMount(`the root file system on ${operation.path}`, error)
    case 'mount':
      return badMount(`${operation.type} on ${operation.target}`, error)
    case 'bind':
      return badMount(`${operation.source} on ${operation.target}`, error)
    case 'cwd':
      return setupFailed(`chdir to cwd (${JSON.stringify(operation.path)}) set in config.json failed`, error)
    case 'label':
      return setupFailed(`label ${JSON.stringify(operation.text.replace(/^exec /, ''))} cannot be given to the process`, error)
    case 'sysctl':
      return setupFailed(`sysctl ${operation.path} cannot be set to ${JSON.stringify(operation.value)}`, error)
    default:
      return setupFailed(`${operation.op}${'target' in operation ? ` of ${operation.target}` : ''} failed`, error)
  }
}

function badMount(what: string, error: NativeError): RuntimeError {
  return new RuntimeError('RUNTIME_BAD_MOUNT', `mount ${what}: ${error.errno}`, { kind: 'invalid', cause: error })
}

function setupFailed(what: string, error: NativeError): RuntimeError {
  return new RuntimeError('RUNTIME_SETUP_FAILED', `${what}: ${error.errno ?? error.message}`, { kind: error.kind, cause: error })
}

/** What the supervisor answers about a process that has ended, or ends while it is being started. */
const ENDED: readonly string[] = ['ESRCH', 'ECHILD', 'EPIPE', 'EBADF']

/** An answer of the supervisor that says the process has ended, or had been started before, as a wrong status. */
export function explainControlFailure(error: unknown, id: string): unknown {
  if (!(error instanceof NativeError)) return error
  const isGone = error.code === 'NATIVE_SUPERVISOR_GONE' || ENDED.includes(error.errno ?? '')
  if (!isGone && error.errno !== 'EALREADY') return error
  const reason = isGone ? 'its process has ended' : 'it has been started'
  return new RuntimeError('RUNTIME_WRONG_STATUS', `container ${id}: ${reason}`, { kind: 'conflict', cause: error })
}
