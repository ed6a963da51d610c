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

/** Attributes to set and to clear; `recursive` applies them to the mounts below, too. */
export interface MountAttributes {
  readonly set?: readonly MountAttribute[] | undefined
  readonly clear?: readonly MountAttribute[] | undefined
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
      readonly propagation?: Propagation | undefined
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
      readonly propagation?: Propagation | undefined
      readonly missing: MissingTarget
    }
  /** Sets attributes of the mount at `target` (`/` is the root itself). */
  | { readonly op: 'attributes'; readonly target: string; readonly attributes: MountAttributes }
  /** Hides a file behind /dev/null (checked to be char 1:3) or a directory behind an empty read-only tmpfs; a missing path is no error. */
  | { readonly op: 'mask'; readonly target: string }
  /** Binds a path on itself, read-only; a missing path is no error. */
  | { readonly op: 'readonly'; readonly target: string }
  | { readonly op: 'mkdir'; readonly target: string; readonly mode: number; readonly uid: number; readonly gid: number }
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
  | { readonly op: 'root-propagation'; readonly propagation: Propagation; readonly recursive: boolean }
  /** Writes `/proc/sys/<path>`, on a procfs checked to be one. */
  | { readonly op: 'sysctl'; readonly path: string; readonly value: string }
  | { readonly op: 'hostname'; readonly name: string }
  | { readonly op: 'domainname'; readonly name: string }
  | { readonly op: 'loopback-up' }
  | { readonly op: 'rlimit'; readonly resource: number; readonly soft: bigint; readonly hard: bigint }
  | { readonly op: 'oom-score'; readonly value: number }
  | { readonly op: 'personality'; readonly persona: bigint }
  | { readonly op: 'umask'; readonly mask: number }
  | { readonly op: 'user'; readonly uid: number; readonly gid: number; readonly groups: readonly number[] }
  | { readonly op: 'capabilities'; readonly sets: CapabilitySets }
  | { readonly op: 'no-new-privileges' }
  /** `program` is classic BPF (8 bytes an instruction); `flags` are those of seccomp(2) SECCOMP_SET_MODE_FILTER. */
  | { readonly op: 'seccomp'; readonly program: Uint8Array; readonly flags: number }
  /** chdir, then checked to lie inside the root; made (0755) when `create`. */
  | { readonly op: 'cwd'; readonly path: string; readonly create: boolean }
  /** Waits until the supervisor is told to start. */
  | { readonly op: 'hold' }
  /** Tries each of `files` in order, as execvp(3) does with PATH; the last operation. */
  | { readonly op: 'exec'; readonly files: readonly string[]; readonly args: readonly string[]; readonly env: readonly string[] }

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
  /** Text file with the container's pid, written before the launch is reported. */
  readonly pidPath?: string | undefined
  /**
   * `pipes`: stdin stays open for attach, output goes to log and clients; `closed-stdin`: the same with /dev/null as
   * stdin; `inherit`: the process has the launcher's own stdio and no socket streams it.
   */
  readonly stdio: 'pipes' | 'closed-stdin' | 'inherit'
  /** With `inherit`: exit once the process is set up instead of supervising it; `hold` then waits on this FIFO. */
  readonly detachWithFifo?: string | undefined
  /** Unix socket that gets the pty master by SCM_RIGHTS (runc's --console-socket) instead of the supervisor keeping it. */
  readonly consoleSocketPath?: string | undefined
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
