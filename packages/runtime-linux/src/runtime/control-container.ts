import { existsSync } from 'node:fs'
import { hasErrno } from '@ct/errors'
import { connectSupervisor, NativeError, releaseFifo } from '@ct/native'
import type { Cgroup } from '../cgroups/cgroup.ts'
import { RuntimeError } from '../errors.ts'
import { FIFO } from './command-io.ts'
import { explainControlFailure, explainExecFailure } from './failure.ts'
import { type ContainerRecord, writeRecord } from './record.ts'
import { type OnWarning, runLateHooks } from './run-hooks.ts'
import { runStartContainerHooks } from './run-inner-hooks.ts'
import { SIGKILL, sendSignal, signalNumber } from './signals.ts'
import { stateOf } from './state-of.ts'
import { isAlive } from './status.ts'

/** The container that is started. */
export interface StartContext {
  readonly directory: string
  readonly cgroup: Cgroup
  readonly onWarning?: OnWarning | undefined
}

/** Lets a held process execute its program, and runs the hooks that come after. */
export async function startContainer(record: ContainerRecord, { directory, cgroup, onWarning }: StartContext): Promise<void> {
  if (record.process.args.length === 0) {
    throw new RuntimeError('RUNTIME_WRONG_STATUS', `container ${record.id} has no process to start`, { kind: 'conflict' })
  }
  try {
    await runStartContainerHooks({ record, cgroup, directory, state: stateOf(record, 'created') })
  } catch (error) {
    await signalContainer(record, SIGKILL)
    throw error
  }
  try {
    if (record.isSupervised) await connectSupervisor(record.socketPath).start()
    else await releaseFifo(`${directory}/${FIFO}`)
  } catch (error) {
    if (error instanceof NativeError && error.code === 'NATIVE_EXEC_FAILED') await settleExit(record)
    throw explainControlFailure(explainExecFailure(error, record.process.args[0] ?? ''), record.id)
  }
  try {
    writeRecord(directory, { ...record, isStarted: true })
  } catch (error) {
    if (!hasErrno(error, 'ENOENT')) throw error
    throw new RuntimeError('RUNTIME_NO_CONTAINER', `container ${record.id} was deleted meanwhile`, { kind: 'not-found', cause: error })
  }
  await runLateHooks(record.hooks, 'poststart', { state: stateOf(record, 'running'), onWarning })
}

/** Sends a signal to a container's first process. */
export async function signalContainer(record: ContainerRecord, signal: number | string): Promise<void> {
  const number = signalNumber(signal)
  if (!record.isSupervised) {
    if (isAlive(record)) sendSignal(record.pid, number)
    return
  }
  try {
    await connectSupervisor(record.socketPath).kill(number)
  } catch (error) {
    // A supervisor that was killed leaves its process behind.
    const isOrphan = error instanceof NativeError && error.code === 'NATIVE_SUPERVISOR_GONE' && isAlive(record)
    if (!isOrphan) throw explainControlFailure(error, record.id)
    sendSignal(record.pid, number)
  }
}

/** Waits until the supervisor has told how the process ended; until then it writes to the state directory. */
export async function settleExit({ isSupervised, socketPath, exitPath }: ContainerRecord): Promise<void> {
  if (!isSupervised || existsSync(exitPath)) return
  try {
    await connectSupervisor(socketPath, { exitPath }).wait()
  } catch (error) {
    if (!(error instanceof NativeError)) throw error
  }
}
