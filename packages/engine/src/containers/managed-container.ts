import type { ExitRecord, Supervisor } from '@ct/native'
import type { RecordDirectory } from '../store/record-directory.ts'
import { SerialQueue } from '../store/serial-queue.ts'
import type { ContainerRecord, ContainerState } from './container-record.ts'
import type { AttachOptions, ContainerExit } from './containers.ts'
import type { DeferredStream } from './deferred-stream.ts'

/** A container's process, from when it is set up until it has ended and was cleaned up after. */
export interface LiveProcess {
  readonly pid: number
  readonly supervisor: Supervisor
  /** How it ended; settles before anything is cleaned up. */
  readonly exit: Promise<ExitRecord>
}

/** A stream that was asked for before there was a process. */
export interface WaitingStream {
  readonly stream: DeferredStream
  readonly options: Pick<AttachOptions, 'stdin' | 'stdout' | 'stderr'>
}

/** One container in memory: its record, what is live of it, and who waits for it. */
export class ManagedContainer {
  /** Operations that change its state, one after the other. */
  readonly queue = new SerialQueue()
  /** Streams that were asked for before the process was there. */
  readonly waitingStreams = new Set<WaitingStream>()
  live: LiveProcess | undefined
  /** Set while a restart is due. */
  restartTimer: NodeJS.Timeout | undefined
  /** Delay before the next automatic restart. */
  restartDelayMs = 0
  #record: ContainerRecord
  readonly #records: RecordDirectory<ContainerRecord>
  readonly #exitWaiters = new Set<(exit: ContainerExit) => void>()
  readonly #removalWaiters = new Set<(exit: ContainerExit) => void>()
  readonly #endListeners = new Set<() => void>()

  constructor(record: ContainerRecord, records: RecordDirectory<ContainerRecord>) {
    this.#record = record
    this.#records = records
  }

  get id(): string {
    return this.#record.id
  }

  get record(): ContainerRecord {
    return this.#record
  }

  /** Whether it has a process, running or frozen. */
  get isUp(): boolean {
    return this.#record.state.status === 'running' || this.#record.state.status === 'paused'
  }

  /** Its directory in the state directory. */
  get directory(): string {
    return this.#records.directory(this.id)
  }

  /** Changes the record, on disk first. */
  update(patch: Partial<Omit<ContainerRecord, 'id' | 'version'>>): void {
    const next = { ...this.#record, ...patch }
    this.#records.write(this.id, next)
    this.#record = next
  }

  /** Changes the state part of the record. */
  setState(patch: Partial<ContainerState>): void {
    this.update({ state: { ...this.#record.state, ...patch } })
  }

  /** Resolves the next time its process has ended, or when it is removed without. */
  nextExit(signal?: AbortSignal): Promise<ContainerExit> {
    return waiting(this.#exitWaiters, signal)
  }

  /** Resolves when it is removed. */
  removal(signal?: AbortSignal): Promise<ContainerExit> {
    return waiting(this.#removalWaiters, signal)
  }

  /** Calls back at every end of its process and at its removal, until the returned function is called. */
  onEnd(listener: () => void): () => void {
    this.#endListeners.add(listener)
    return () => void this.#endListeners.delete(listener)
  }

  tellExited(): void {
    settle(this.#exitWaiters, this.lastExit())
    for (const listener of this.#endListeners) listener()
  }

  tellRemoved(): void {
    settle(this.#exitWaiters, this.lastExit())
    settle(this.#removalWaiters, this.lastExit())
    for (const listener of this.#endListeners) listener()
  }

  lastExit(): ContainerExit {
    const { exitCode, error } = this.#record.state
    return error === '' ? { exitCode } : { exitCode, error }
  }
}

function waiting(waiters: Set<(exit: ContainerExit) => void>, signal: AbortSignal | undefined): Promise<ContainerExit> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      waiters.delete(settled)
      reject(signal?.reason)
    }
    const settled = (exit: ContainerExit): void => {
      signal?.removeEventListener('abort', abort)
      resolve(exit)
    }
    if (signal?.aborted === true) return abort()
    signal?.addEventListener('abort', abort, { once: true })
    waiters.add(settled)
  })
}

function settle(waiters: Set<(exit: ContainerExit) => void>, exit: ContainerExit): void {
  const all = [...waiters]
  waiters.clear()
  for (const tell of all) tell(exit)
}
