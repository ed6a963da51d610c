/**
 * What the helper executes for `run` and `exec`: flat lists of operations, validated and ordered by the caller. The
 * helper holds no policy: it does exactly what stands here, in order, and reports the first operation that fails.
 */

/** A file system to mount; the seam between snapshots and the runtime. `options` are those of mount(8). */
export interface Mount {
  /** File system type, or `bind` / `rbind`. */
  readonly type: string
  readonly source: string
  readonly options: readonly string[]
}

/** The kinds of namespace that Linux has. */
export type NamespaceType = 'cgroup' | 'ipc' | 'mount' | 'network' | 'pid' | 'time' | 'user' | 'uts'

/** A namespace of the new process: a new one, or, with `path`, an existing one that is joined. */
export interface NamespacePlan {
  readonly type: NamespaceType
  readonly path?: string | undefined
}

/** One line of `/proc/<pid>/uid_map`: `size` ids from `containerId` are those from `hostId` outside. */
export interface IdMapping {
  readonly containerId: number
  readonly hostId: number
  readonly size: number
}

/** How mount propagation of one mount is set. */
export type Propagation = 'private' | 'shared' | 'slave' | 'unbindable'

/** Attributes of a mount, as in mount_setattr(2). */
export type MountAttribute =
  | 'rdonly'
  | 'nosuid'
  | 'nodev'
  | 'noexec'
  | 'noatime'
  | 'relatime'
  | 'strictatime'
  | 'nodiratime'
  | 'nosymfollow'

/** Attributes to set and to clear, and propagation; `recursive` changes the mounts below, too. */
export interface MountAttributes {
  readonly set?: readonly MountAttribute[] | undefined
  readonly clear?: readonly MountAttribute[] | undefined
  /** Default: as it is. */
  readonly propagation?: Propagation | undefined
  readonly recursive?: boolean | undefined
}

/** What is made where a mount target does not exist yet. */
export type MissingTarget = 'directory' | 'file' | 'fail'

/** The five capability sets, as lists of capability numbers (capabilities(7)). */
export interface CapabilitySets {
  readonly bounding: readonly number[]
  readonly effective: readonly number[]
  readonly permitted: readonly number[]
  readonly inheritable: readonly number[]
  readonly ambient: readonly number[]
}

/**
 * One step of the new process, between clone and exec. Every `target` and `path` is inside the root, resolved with
 * openat2(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS); every `source` is a path of the host.
 */
export type Operation =
  /** Makes the whole tree private or slave, mounts `mounts` on `path` (or binds `path` on itself) and takes it as the root of all later targets. */
  | { readonly op: 'root'; readonly path: string; readonly mounts: readonly Mount[]; readonly propagation: Propagation }
  | {
      readonly op: 'mount'
      readonly type: string
      readonly source: string
      readonly target: string
      /** fsconfig strings: `key=value` or `flag`. */
      readonly data: readonly string[]
      readonly attributes: MountAttributes
      /** Changed once it is attached. */
      readonly attached?: MountAttributes | undefined
      readonly missing: MissingTarget
      /** Copy what the root has at the target into a new tmpfs (`tmpcopyup`). */
      readonly copyUp?: boolean | undefined
    }
  | {
      readonly op: 'bind'
      readonly source: string
      readonly target: string
      readonly recursive: boolean
      readonly attributes: MountAttributes
      /** Changed once it is attached. */
      readonly attached?: MountAttributes | undefined
      readonly missing: MissingTarget
      /** Path of the user namespace whose maps the mount's ids go through. Default: no mapping. */
      readonly userNamespace?: string | undefined
    }
  /** Sets attributes of the mount at `target` (`/` is the root itself). */
  | { readonly op: 'attributes'; readonly target: string; readonly attributes: MountAttributes }
  /** Hides a file behind /dev/null (checked to be char 1:3) or a directory behind an empty read-only tmpfs; a missing path is no error. */
  | { readonly op: 'mask'; readonly target: string }
  /** Binds a path on itself, read-only; a missing path is no error. */
  | { readonly op: 'readonly'; readonly target: string }
  | { readonly op: 'symlink'; readonly target: string; readonly linkTarget: string }
  | {
      readonly op: 'device'
      readonly target: string
      readonly type: 'char' | 'block' | 'fifo'
      readonly major: number
      readonly minor: number
      readonly mode: number
      readonly uid: number
      readonly gid: number
    }
  /** Allocates a pty in the root's devpts, hands the master to the supervisor, makes it stdio and mounts it on /dev/console. */
  | { readonly op: 'terminal'; readonly rows: number; readonly columns: number }
  /** pivot_root into the root (or, with `pivot: false`, moves it over `/` and chroots). */
  | { readonly op: 'enter-root'; readonly pivot: boolean }
  /** Writes `/proc/sys/<path>`, on a procfs checked to be one; before `hold`. */
  | { readonly op: 'sysctl'; readonly path: string; readonly value: string }
  | { readonly op: 'hostname'; readonly name: string }
  | { readonly op: 'domainname'; readonly name: string }
  | { readonly op: 'loopback-up' }
  | { readonly op: 'rlimit'; readonly resource: number; readonly soft: bigint; readonly hard: bigint }
  | EarlyOperation
  | { readonly op: 'personality'; readonly persona: bigint }
  /** Until then it is 0. */
  | { readonly op: 'umask'; readonly mask: number }
  | { readonly op: 'scheduler'; readonly attributes: SchedulerAttributes }
  /** See ioprio_set(2); class 1 is real-time, 2 best-effort, 3 idle. */
  | { readonly op: 'io-priority'; readonly class: number; readonly priority: number }
  /** See set_mempolicy(2). */
  | { readonly op: 'memory-policy'; readonly mode: number; readonly nodes: readonly number[] }
  | { readonly op: 'user'; readonly uid: number; readonly gid: number; readonly groups: readonly number[] }
  | { readonly op: 'capabilities'; readonly sets: CapabilitySets }
  | { readonly op: 'no-new-privileges' }
  /**
   * `program` is classic BPF (8 bytes an instruction); `flags` are those of seccomp(2) SECCOMP_SET_MODE_FILTER. With
   * SECCOMP_FILTER_FLAG_NEW_LISTENER the listener goes to `listenerPath` of the supervisor, with the answer to the last pause.
   */
  | { readonly op: 'seccomp'; readonly program: Uint8Array; readonly flags: number }
  /** chdir, then checked to lie inside the root; made (0755) when `create`. */
  | { readonly op: 'cwd'; readonly path: string; readonly create: boolean }
  /** Waits until `onPause` of the launch settles. */
  | { readonly op: 'pause' }
  /** Fails as `exec` would, when none of the files can be executed. */
  | { readonly op: 'probe'; readonly files: readonly string[] }
  /** What ends in its pid namespace and has no other parent is forgotten at once. */
  | { readonly op: 'reap' }
  /** Waits until the supervisor is told to start; as the last operation, the process holds its namespaces and ends then. */
  | { readonly op: 'hold' }
  /** Tries each of `files` in order, as execvp(3) does with PATH; the last operation. */
  | { readonly op: 'exec'; readonly files: readonly string[]; readonly args: readonly string[]; readonly env: readonly string[] }

/**
 * What a process does to itself when it stands at the beginning of a plan: before it is in its cgroups and namespaces.
 * Elsewhere only `cpu-affinity` is possible.
 */
export type EarlyOperation =
  | { readonly op: 'oom-score'; readonly value: number }
  /** Writes `/proc/self/attr/<file>`: the label that a security module gives it at its exec. */
  | { readonly op: 'label'; readonly file: string; readonly text: string }
  | { readonly op: 'cpu-affinity'; readonly cpus: readonly number[] }

/** See sched_setattr(2); times in nanoseconds. */
export interface SchedulerAttributes {
  readonly policy: number
  readonly flags: bigint
  readonly nice: number
  readonly priority: number
  readonly runtimeNs: bigint
  readonly deadlineNs: bigint
  readonly periodNs: bigint
}

/** What the clocks of a time namespace are ahead of the host's. */
export interface TimeOffset {
  readonly clock: 'monotonic' | 'boottime'
  readonly seconds: bigint
  readonly nanoseconds: number
}

/** Where a kill by the kernel's OOM killer is counted: the number after `key` in the file at `path`. */
export interface OomCounter {
  readonly path: string
  readonly key: string
}

/** What the supervising process keeps. */
export interface SupervisorPlan {
  /** Unix socket for start, attach, resize, kill and wait; its directory exists. Absent: no socket. */
  readonly socketPath?: string | undefined
  /** json-file log, appended to. Absent: no log. */
  readonly logPath?: string | undefined
  /** Exit record, written atomically and synced before anybody is told. */
  readonly exitPath?: string | undefined
  /** Text file with the container's pid, written atomically before {@link launch} resolves. */
  readonly pidPath?: string | undefined
  /**
   * `pipes`: stdin stays open for attach, output goes to log and clients; `closed-stdin`: the same with /dev/null as
   * stdin; `inherit`: the process has the launcher's own stdio and no socket streams it.
   */
  readonly stdio: 'pipes' | 'closed-stdin' | 'inherit'
  /** With `inherit`: exit once the process is set up instead of supervising it; `hold` then waits on this FIFO, made when missing. */
  readonly detachWithFifo?: string | undefined
  /** Unix socket that gets the pty master by SCM_RIGHTS (runc's --console-socket) instead of the supervisor keeping it. */
  readonly consoleSocketPath?: string | undefined
  /** Unix socket that gets the pidfd of the process by SCM_RIGHTS. */
  readonly pidfdSocketPath?: string | undefined
  /** Unix socket that gets the listener of a `seccomp` operation by SCM_RIGHTS. */
  readonly listenerPath?: string | undefined
  /** How many of the launcher's descriptors from 3 on the process has, too; 64 at most. @default 0 */
  readonly preservedFds?: number | undefined
  readonly oom?: OomCounter | undefined
  /** stdin ends when the first client that attached with stdin goes away (docker's StdinOnce). */
  readonly stdinOnce?: boolean | undefined
}

/** Plan of the verb `run`. */
export interface RunPlan {
  readonly supervisor: SupervisorPlan
  readonly namespaces: readonly NamespacePlan[]
  readonly uidMappings?: readonly IdMapping[] | undefined
  readonly gidMappings?: readonly IdMapping[] | undefined
  /** Of a new time namespace. */
  readonly timeOffsets?: readonly TimeOffset[] | undefined
  /** `cgroup.procs` (or v1 `tasks`) files that get the new process's pid before its first operation. */
  readonly cgroupProcs: readonly string[]
  readonly operations: readonly Operation[]
}

/** Plan of the verb `exec`: joins the namespaces of `pid` through a pidfd, then as `run`. */
export interface ExecPlan {
  readonly supervisor: SupervisorPlan
  readonly pid: number
  /** Start time of `pid` in clock ticks (field 22 of /proc/<pid>/stat), so that a reused pid is refused; 0: not checked. */
  readonly pidStartTime: bigint
  readonly namespaces: readonly NamespaceType[]
  readonly cgroupProcs: readonly string[]
  readonly operations: readonly Operation[]
}
