import type { Mount, Supervisor } from '@ct/native'
import type { ContainerStats } from '../cgroups/stats.ts'
import type { RuntimeError } from '../errors.ts'
import type { Process } from '../spec/process.ts'
import type { LinuxResources } from '../spec/resources.ts'
import type { Spec } from '../spec/spec.ts'
import type { State } from '../spec/state.ts'

/** What a container is made from, as a value; the alternative is the path of a bundle directory. */
export interface Bundle {
  readonly spec: Spec
  /** Absolute directory that becomes the root; `spec.root.path` is not looked at. */
  readonly rootfs: string
  /** Mounted on `rootfs` in the container's mount namespace only; the host never sees them. */
  readonly mounts?: readonly Mount[] | undefined
}

/** Where a container's output, exit record and control socket are. All paths are absolute and their directories exist. */
export interface ContainerIo {
  /** json-file log, appended to. Default: no log. */
  readonly logPath?: string | undefined
  /** Default: `exit` in the container's state directory. */
  readonly exitPath?: string | undefined
  /** Default: `sock` in the container's state directory. */
  readonly socketPath?: string | undefined
  /** Whether stdin stays open for clients that attach. Default: false. */
  readonly stdin?: boolean | undefined
  /** Whether stdin ends when the first client that attached with stdin leaves. Default: false. */
  readonly stdinOnce?: boolean | undefined
}

/** Options of {@link Runtime.create} and {@link Runtime.run}. */
export interface CreateOptions {
  readonly io?: ContainerIo | undefined
  /** Checked before anything is made; an abort during set-up ends the process and removes everything. */
  readonly signal?: AbortSignal | undefined
}

/** Options of {@link Runtime.exec}. */
export interface ExecOptions {
  /** Control socket for attach, resize, kill and wait. Default: a fresh one in the container's state directory. */
  readonly socketPath?: string | undefined
  /** Default: the socket's path and `.exit`. */
  readonly exitPath?: string | undefined
  /** Whether stdin stays open for clients that attach. Default: false. */
  readonly stdin?: boolean | undefined
  /** Whether the process waits for `supervisor.start()`, so that a client can attach first. Default: false. */
  readonly hold?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/** Options of {@link Runtime.delete}. */
export interface DeleteOptions {
  /** Kill what still runs, and take an absent container for deleted. Default: false. */
  readonly force?: boolean | undefined
}

/** Options of {@link LinuxRuntime.events}. */
export interface EventsOptions {
  /** Between two `stats` events. Default: 5000. */
  readonly intervalMs?: number | undefined
  /** Ends the events by throwing its reason. */
  readonly signal?: AbortSignal | undefined
}

/** What {@link LinuxRuntime.events} tells: how much a container uses, or that the kernel killed for want of memory. */
export type ContainerEvent = { readonly type: 'stats'; readonly stats: ContainerStats } | { readonly type: 'oom'; readonly kills: number }

/** A container that a runtime knows. */
export interface Container {
  readonly id: string
  /** Process id on the host of the container's first process. */
  readonly pid: number
  readonly supervisor: Supervisor
  /** Path of its cgroup below each hierarchy, such as `/ct/web`; empty when it has none. */
  readonly cgroup: string
}

/**
 * The operations of an OCI runtime.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/runtime.md#operations
 */
export interface Runtime {
  /** Sets the container up to the point before its program is executed. */
  create(id: string, bundle: Bundle | string, options?: CreateOptions): Promise<{ readonly id: string; readonly pid: number }>
  /** Executes the program of a created container. */
  start(id: string): Promise<void>
  state(id: string): Promise<State>
  /** Sends a signal, by number or name, to the container's first process. */
  kill(id: string, signal: number | string): Promise<void>
  /** Removes what `create` made. */
  delete(id: string, options?: DeleteOptions): Promise<void>
  /** Starts another process inside a running container. */
  exec(id: string, process: Process, options?: ExecOptions): Promise<{ readonly pid: number }>
}

/** All that this package's runtime does; see {@link createRuntime} for the errors. */
export interface LinuxRuntime extends Runtime {
  create(id: string, bundle: Bundle | string, options?: CreateOptions): Promise<Container>
  /** `create` and `start` in one step, without the stop between them. */
  run(id: string, bundle: Bundle | string, options?: CreateOptions): Promise<Container>
  exec(id: string, process: Process, options?: ExecOptions): Promise<Supervisor>
  list(): Promise<State[]>
  /** Takes a container up again after a restart of this program; undefined when there is none. */
  load(id: string): Promise<Container | undefined>
  /** Host process ids of everything in the container's cgroup; without one, of the first process. */
  pids(id: string): Promise<number[]>
  stats(id: string): Promise<ContainerStats>
  /** Statistics in intervals, the first at once, and OOM kills as they come, until the container has stopped. */
  events(id: string, options?: EventsOptions): AsyncIterable<ContainerEvent>
  pause(id: string): Promise<void>
  resume(id: string): Promise<void>
  /** Changes the limits of a container; what is absent stays. */
  update(id: string, resources: LinuxResources): Promise<void>
}

/** Options of {@link createRuntime}. */
export interface RuntimeOptions {
  /** Directory of the state files, one directory per container; made when missing. */
  readonly stateDirectory: string
  /** Cgroup below which each container's is made, in every hierarchy. Default: `ct`; of a user on version 2, the one they are in. */
  readonly cgroupParent?: string | undefined
  /**
   * Whether systemd makes every cgroup: as `ct-runc-<id>.scope` in system.slice, of a user in their user.slice, unless
   * `linux.cgroupsPath` says `slice:prefix:name`. Default: false, then only those are made by it whose path says so.
   */
  readonly systemdCgroup?: boolean | undefined
  /**
   * Address of the bus of a user's systemd, which makes their scopes; root's are made by the machine's. Default:
   * `unix:path=/run/user/<uid>/bus`.
   */
  readonly userBus?: string | undefined
  /** Told of `poststart` and `poststop` hooks that failed, of records that `list` leaves out, and of a user's container that has no cgroup. Default: nobody. */
  readonly onWarning?: ((warning: RuntimeError) => void) | undefined
}
