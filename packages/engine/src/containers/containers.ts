import type { Duplex } from 'node:stream'
import type { Change } from '@ct/layerfs'
import type { LogLine, LogOptions } from '../logs/log-line.ts'
import type { ContainerRecord } from './container-record.ts'
import type { ContainerSpec } from './container-spec.ts'
import type { ContainerStats, ProcessTable } from './container-stats.ts'
import type { ExecRecord, ExecSpec, StartExecOptions } from './exec-record.ts'

/** Which containers to list; every given key must match one of its values, labels all of them. */
export type ContainerFilters = Readonly<
  Partial<
    Record<
      'id' | 'name' | 'label' | 'status' | 'ancestor' | 'exited' | 'network' | 'volume' | 'publish' | 'expose' | 'before' | 'since',
      readonly string[]
    >
  >
>

/** Options of `list`. */
export interface ListContainersOptions {
  /** Also those that do not run. @default false; a `status` or `exited` filter implies it */
  readonly all?: boolean | undefined
  readonly filters?: ContainerFilters | undefined
}

/** Options of `stop` and `restart`. */
export interface StopOptions {
  /** Grace period before SIGKILL; negative waits for ever. @default the container's, else 10 */
  readonly timeoutSeconds?: number | undefined
  /** @default the container's stop signal */
  readonly signal?: string | undefined
}

/** What `wait` waits for. `next-exit` does not count an end that has already come. */
export type WaitCondition = 'not-running' | 'next-exit' | 'removed'

/** How a container ended. */
export interface ContainerExit {
  readonly exitCode: number
  /** Why it could not be started. */
  readonly error?: string | undefined
}

/** Which streams to attach to; with none of them, `stdout` and `stderr`. */
export interface AttachOptions {
  readonly stdin?: boolean | undefined
  readonly stdout?: boolean | undefined
  readonly stderr?: boolean | undefined
  /** Give what the log has before the live stream. @default false */
  readonly logs?: boolean | undefined
  /** Go on with the live stream. @default true */
  readonly stream?: boolean | undefined
}

/** Size of a terminal in characters. */
export interface TerminalSize {
  readonly rows: number
  readonly columns: number
}

/** What `prune` removed. */
export interface PrunedContainers {
  readonly removed: readonly string[]
  readonly freedBytes: number
}

/**
 * The containers of an engine. `id` is a full id, a name, or a unique prefix of an id; every method throws
 * `ENGINE_NO_CONTAINER` (not-found) when there is none. Operations on one container queue up; a transition that its
 * state does not allow is a `conflict` or, when it is already so, `not-modified`.
 */
export interface Containers {
  /** Makes a container without starting it. `ENGINE_NO_IMAGE`, `ENGINE_NAME_IN_USE`, `ENGINE_INVALID`, `ENGINE_BAD_MOUNT`. */
  create(spec: ContainerSpec, options?: { readonly name?: string | undefined }): Promise<ContainerRecord>
  get(id: string): ContainerRecord
  find(id: string): ContainerRecord | undefined
  /** Newest first. */
  list(options?: ListContainersOptions): ContainerRecord[]
  /** `ENGINE_ALREADY_RUNNING` is not-modified. A program that cannot be executed is `ENGINE_START_FAILED`, with the runtime's words. */
  start(id: string): Promise<void>
  /** `ENGINE_NOT_RUNNING` is not-modified here. Resolves when the container has ended. */
  stop(id: string, options?: StopOptions): Promise<void>
  restart(id: string, options?: StopOptions): Promise<void>
  /** `ENGINE_NOT_RUNNING` is a conflict here. @default signal 'SIGKILL' */
  kill(id: string, signal?: string): Promise<void>
  pause(id: string): Promise<void>
  unpause(id: string): Promise<void>
  /** `volumes` also removes its anonymous volumes; `force` kills it first. */
  remove(id: string, options?: { readonly force?: boolean | undefined; readonly volumes?: boolean | undefined }): Promise<void>
  rename(id: string, name: string): Promise<void>
  /** Removes every container that does not run. */
  prune(options?: { readonly filters?: ContainerFilters | undefined }): Promise<PrunedContainers>
  wait(
    id: string,
    options?: { readonly condition?: WaitCondition | undefined; readonly signal?: AbortSignal | undefined },
  ): Promise<ContainerExit>

  /**
   * The live streams of a container, also of one that is not started yet. Without a terminal what is read are frames
   * of eight bytes header and payload (stream 1 or 2, three zeros, big-endian length); with one it is raw. What is
   * written is its stdin, and ending the writable side is end of file there.
   */
  attach(id: string, options?: AttachOptions): Promise<Duplex>
  resize(id: string, size: TerminalSize): Promise<void>
  /** `ENGINE_UNSUPPORTED` when the log driver is `none`; thrown at the first step. */
  logs(id: string, options?: LogOptions): AsyncIterable<LogLine>
  /** `psArgs` as of ps(1). @default '-ef' */
  top(id: string, psArgs?: string): Promise<ProcessTable>
  stats(id: string): Promise<ContainerStats>
  /** What differs from the image, in path order. */
  changes(id: string): Promise<readonly Change[]>
  /** Its whole root file system as a tar archive. */
  export(id: string): AsyncIterable<Uint8Array>
  /** Where its files are on the host; `lowers` are the image's layers, top first. */
  directories(id: string): Promise<{ readonly upper: string; readonly lowers: readonly string[] }>
  /** Sizes of its read/write layer and of all layers together. */
  size(id: string): Promise<{ readonly rwBytes: number; readonly rootFsBytes: number }>

  /** `ENGINE_NOT_RUNNING` is a conflict, an empty command `ENGINE_INVALID`. */
  createExec(id: string, spec: ExecSpec): Promise<ExecRecord>
  /** Streams as `attach`, and resolves to `undefined` with `detach`. `ENGINE_START_FAILED` when the program cannot be executed. */
  startExec(execId: string, options?: StartExecOptions): Promise<Duplex | undefined>
  /** `ENGINE_NO_EXEC`. */
  getExec(execId: string): ExecRecord
  resizeExec(execId: string, size: TerminalSize): Promise<void>
  /** Ids of the execs of a container that were not started or still run. */
  listExecs(id: string): readonly string[]
}
