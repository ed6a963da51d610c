/** A directory or file of the host inside the container. */
export interface BindMountSpec {
  readonly type: 'bind'
  /** Absolute path on the host. */
  readonly source: string
  /** Absolute path in the container. */
  readonly target: string
  readonly readOnly?: boolean | undefined
  /** Make a missing source as a directory, as `docker run -v` does; otherwise it is an error. @default false */
  readonly createSource?: boolean | undefined
  /** @default 'rprivate' */
  readonly propagation?: 'private' | 'rprivate' | 'shared' | 'rshared' | 'slave' | 'rslave' | undefined
  /** Leave out the mounts below the source. @default false */
  readonly nonRecursive?: boolean | undefined
}

/** A named volume, or with no `source` an anonymous one, inside the container. */
export interface VolumeMountSpec {
  readonly type: 'volume'
  /** Name of the volume, made on first use; absent: a new anonymous volume. */
  readonly source?: string | undefined
  readonly target: string
  readonly readOnly?: boolean | undefined
  /** Do not fill a new volume with what the image has at the target. @default false */
  readonly noCopy?: boolean | undefined
  /** Labels for a volume that this mount makes. */
  readonly labels?: Readonly<Record<string, string>> | undefined
}

/** A file system in memory inside the container. */
export interface TmpfsMountSpec {
  readonly type: 'tmpfs'
  readonly target: string
  readonly sizeBytes?: number | undefined
  /** Permission bits of its root. @default 0o1777 */
  readonly mode?: number | undefined
  readonly readOnly?: boolean | undefined
  /** More mount options, as `exec`, `uid=1000`. */
  readonly options?: readonly string[] | undefined
}

/** What is mounted in a container. */
export type MountSpec = BindMountSpec | VolumeMountSpec | TmpfsMountSpec

/** A port of the container published on the host. */
export interface PortSpec {
  readonly protocol: 'tcp' | 'udp'
  readonly containerPort: number
  /** @default '0.0.0.0' */
  readonly hostIp?: string | undefined
  /** 0 or absent: a free one. */
  readonly hostPort?: number | undefined
}

/** How a container is connected. */
export interface NetworkSpec {
  /** `bridge` (also `default`), `host`, `none`, or `container:<id or name>`. @default 'bridge' */
  readonly mode?: string | undefined
  readonly ports?: readonly PortSpec[] | undefined
  /** Publish every exposed port on a free one. @default false */
  readonly publishAll?: boolean | undefined
  /** Ports as `80/tcp`, beside those of the image. */
  readonly exposedPorts?: readonly string[] | undefined
  /** Lines for /etc/hosts, each `name:address`; the address `host-gateway` is the bridge's. */
  readonly extraHosts?: readonly string[] | undefined
  readonly dns?: readonly string[] | undefined
  readonly dnsSearch?: readonly string[] | undefined
  readonly dnsOptions?: readonly string[] | undefined
  /** More names of this container on its bridge. */
  readonly aliases?: readonly string[] | undefined
  readonly ipAddress?: string | undefined
  readonly macAddress?: string | undefined
}

/** Limits; 0 or absent is no limit. */
export interface ResourceSpec {
  readonly memoryBytes?: number | undefined
  /** Memory and swap together; -1 is no limit. @default twice memoryBytes */
  readonly memorySwapBytes?: number | undefined
  readonly memoryReservationBytes?: number | undefined
  readonly oomKillDisable?: boolean | undefined
  readonly cpuShares?: number | undefined
  readonly cpuQuotaUs?: number | undefined
  readonly cpuPeriodUs?: number | undefined
  /** Billionths of a processor; the other way to give quota and period. */
  readonly nanoCpus?: number | undefined
  readonly cpusetCpus?: string | undefined
  readonly cpusetMems?: string | undefined
  readonly pidsLimit?: number | undefined
}

/** A device of the host inside the container. */
export interface DeviceSpec {
  readonly hostPath: string
  /** @default hostPath */
  readonly containerPath?: string | undefined
  /** Of the letters r, w and m. @default 'rwm' */
  readonly permissions?: string | undefined
}

/** A limit of setrlimit(2), by its lower-case name without `RLIMIT_`. */
export interface UlimitSpec {
  readonly name: string
  readonly soft: number
  readonly hard: number
}

/** What the container may do. */
export interface SecuritySpec {
  readonly privileged?: boolean | undefined
  /** Names with or without `CAP_`, or `ALL`. */
  readonly capAdd?: readonly string[] | undefined
  readonly capDrop?: readonly string[] | undefined
  /** @default false */
  readonly noNewPrivileges?: boolean | undefined
  /** `default`, `unconfined`, or a profile as JSON text in runtime-spec form. @default 'default' */
  readonly seccomp?: string | undefined
  readonly readOnlyRootfs?: boolean | undefined
  /** Instead of the default ones. */
  readonly maskedPaths?: readonly string[] | undefined
  readonly readonlyPaths?: readonly string[] | undefined
}

/** Which namespaces are shared: `private`, `host`, or `container:<id or name>`. */
export interface NamespaceSpec {
  /** @default 'private' */
  readonly pid?: string | undefined
  /** @default 'private' */
  readonly ipc?: string | undefined
  /** `private` or `host`. @default 'private' */
  readonly uts?: string | undefined
  /** `private` or `host`. @default 'private' */
  readonly cgroup?: string | undefined
}

/** When a container that ended is started again. */
export interface RestartPolicy {
  readonly name: 'no' | 'always' | 'unless-stopped' | 'on-failure'
  /** For `on-failure`: give up after so many; 0 is never. @default 0 */
  readonly maximumRetryCount?: number | undefined
}

/** Where the output of a container is kept. */
export interface LogSpec {
  /** @default 'json-file' */
  readonly driver?: 'json-file' | 'none' | undefined
  readonly options?: Readonly<Record<string, string>> | undefined
}

/** What a container is to be. Everything absent comes from the image, then from docker's defaults. */
export interface ContainerSpec {
  /** Reference, id or unique id prefix of an image in the store. */
  readonly image: string
  /** Refuse an image of another platform, as `linux/arm64`. */
  readonly platform?: string | undefined
  /** Replaces the image's entrypoint (and drops its command); `['']` is none. */
  readonly entrypoint?: readonly string[] | undefined
  /** Replaces the image's command. */
  readonly command?: readonly string[] | undefined
  /** `NAME=value`; a `NAME` alone removes the image's. */
  readonly env?: readonly string[] | undefined
  readonly workingDirectory?: string | undefined
  /** `name`, `uid`, `name:group`, `uid:gid`. */
  readonly user?: string | undefined
  readonly groupAdd?: readonly string[] | undefined
  readonly labels?: Readonly<Record<string, string>> | undefined
  /** @default the first 12 digits of the id */
  readonly hostname?: string | undefined
  readonly domainName?: string | undefined
  readonly tty?: boolean | undefined
  /** Size of the terminal at the start, in characters. @default 24 rows of 80 columns */
  readonly consoleSize?: { readonly rows: number; readonly columns: number } | undefined
  /** Keep stdin open for attach. @default false */
  readonly openStdin?: boolean | undefined
  /** stdin ends when the first client that attached to it leaves. @default false */
  readonly stdinOnce?: boolean | undefined
  /** Remembered for clients (`docker start -a`); nothing here depends on it. */
  readonly attachStdin?: boolean | undefined
  readonly attachStdout?: boolean | undefined
  readonly attachStderr?: boolean | undefined
  /** Name or number. @default the image's, else 'SIGTERM' */
  readonly stopSignal?: string | undefined
  /** @default 10 */
  readonly stopTimeoutSeconds?: number | undefined
  readonly mounts?: readonly MountSpec[] | undefined
  /** Mount everything that these containers (ids or names, with `:ro` or `:rw`) mount. */
  readonly volumesFrom?: readonly string[] | undefined
  readonly network?: NetworkSpec | undefined
  readonly resources?: ResourceSpec | undefined
  readonly devices?: readonly DeviceSpec[] | undefined
  readonly ulimits?: readonly UlimitSpec[] | undefined
  readonly sysctls?: Readonly<Record<string, string>> | undefined
  /** Size of /dev/shm. @default 64 MiB */
  readonly shmSizeBytes?: number | undefined
  readonly oomScoreAdj?: number | undefined
  readonly security?: SecuritySpec | undefined
  readonly namespaces?: NamespaceSpec | undefined
  /** @default { name: 'no' } */
  readonly restartPolicy?: RestartPolicy | undefined
  /** Remove the container and its anonymous volumes when it ended. @default false */
  readonly autoRemove?: boolean | undefined
  readonly log?: LogSpec | undefined
  /** What a client wants to find again, kept and never looked at (the API keeps docker fields here that the engine does not know). */
  readonly annotations?: Readonly<Record<string, string>> | undefined
}
