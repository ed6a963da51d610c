import type { ExitRecord, Supervisor } from '@ct/native'
import type { RecordDirectory } from '../store/record-directory.ts'
import { SerialQueue } from '../store/serial-queue.ts'
import { Waiters } from '../store/waiters.ts'
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
  /** Settles when the network of its last process was released. */
  disconnecting: Promise<void> = Promise.resolve()
  /** Set while a restart is due. */
  restartTimer: NodeJS.Timeout | undefined
  /** Delay before the next automatic restart. */
  restartDelayMs = 0
  #record: ContainerRecord
  readonly #records: RecordDirectory<ContainerRecord>
  readonly #exits = new Waiters<ContainerExit>()
  readonly #removals = new Waiters<ContainerExit>()
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

  /**
   * Changes the record for what has happened already: it holds in memory even where it cannot be written, and gives the
   * error of that. The next engine finds the same out from the exit record.
   */
  note(patch: Partial<Omit<ContainerRecord, 'id' | 'version'>>): unknown {
    try {
      this.update(patch)
      return undefined
    } catch (error) {
      this.#record = { ...this.#record, ...patch }
      return error
    }
  }

  /** Changes the state part of the record. */
  setState(patch: Partial<ContainerState>): void {
    this.update({ state: { ...this.#record.state, ...patch } })
  }

  /** Resolves the next time its process has ended, or when it is removed without. */
  nextExit(signal?: AbortSignal): Promise<ContainerExit> {
    return this.#exits.next(signal)
  }

  /** Resolves when it is removed. */
  removal(signal?: AbortSignal): Promise<ContainerExit> {
    return this.#removals.next(signal)
  }

  /** Calls back at every end of its process and at its removal, until the returned function is called. */
  onEnd(listener: () => void): () => void {
    this.#endListeners.add(listener)
    return () => void this.#endListeners.delete(listener)
  }

  tellExited(): void {
    this.#exits.settle(this.lastExit())
    this.#notify()
  }

  tellRemoved(): void {
    this.#exits.settle(this.lastExit())
    this.#removals.settle(this.lastExit())
    this.#notify()
  }

  /** Tells everybody who waits that this engine will not know. */
  tellClosed(reason: unknown): void {
    this.#exits.fail(reason)
    this.#removals.fail(reason)
    this.#notify()
  }

  lastExit(): ContainerExit {
    const { exitCode, error } = this.#record.state
    return error === '' ? { exitCode } : { exitCode, error }
  }

  #notify(): void {
    for (const listener of [...this.#endListeners]) listener()
  }
}
