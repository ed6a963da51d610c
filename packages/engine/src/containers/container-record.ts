import type { Digest } from '@ct/image'
import type { ContainerSpec, LogSpec, NamespaceSpec, NetworkSpec, ResourceSpec, RestartPolicy, SecuritySpec } from './container-spec.ts'

/** Where a container is in its life. */
export type ContainerStatus = 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'dead' | 'removing'

/** The present state of a container. Times are RFC 3339 with nanoseconds; one that has not come is `0001-01-01T00:00:00Z`. */
export interface ContainerState {
  readonly status: ContainerStatus
  /** Pid on the host; 0 when not running. */
  readonly pid: number
  readonly exitCode: number
  readonly oomKilled: boolean
  /** Why the last start failed; else empty. */
  readonly error: string
  readonly startedAt: string
  readonly finishedAt: string
}

/** What is mounted in a container, after every default. */
export interface ContainerMount {
  readonly type: 'bind' | 'volume' | 'tmpfs'
  /** Volumes: its name. */
  readonly name?: string | undefined
  /** Path on the host; empty for a tmpfs. */
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
  readonly propagation: string
  /** A volume made for this container, that goes with it on `remove({ volumes: true })`. */
  readonly anonymous: boolean
  readonly nonRecursive?: boolean | undefined
  readonly noCopy?: boolean | undefined
  /** A missing source is made at the start. */
  readonly createSource?: boolean | undefined
  /** Options of a tmpfs. */
  readonly options?: readonly string[] | undefined
}

/** A port as it is published now. */
export interface PublishedPort {
  readonly protocol: 'tcp' | 'udp'
  readonly containerPort: number
  readonly hostIp: string
  readonly hostPort: number
}

/** How a container is connected now; addresses are empty when it is not running or has none. */
export interface ContainerNetwork {
  /** Name of the network: `bridge`, `host`, `none`, or `container:<id>`. */
  readonly mode: string
  readonly endpointId: string
  readonly ipAddress: string
  readonly prefixLength: number
  readonly gateway: string
  readonly macAddress: string
  readonly ports: readonly PublishedPort[]
}

/** A {@link ContainerSpec} with what the image says and every default filled in. */
export interface ResolvedContainerSpec extends ContainerSpec {
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  readonly env: readonly string[]
  readonly workingDirectory: string
  readonly user: string
  readonly labels: Readonly<Record<string, string>>
  readonly hostname: string
  readonly domainName: string
  readonly tty: boolean
  readonly openStdin: boolean
  readonly stdinOnce: boolean
  readonly stopSignal: string
  readonly shmSizeBytes: number
  readonly network: NetworkSpec & { readonly mode: string; readonly exposedPorts: readonly string[] }
  readonly resources: ResourceSpec
  readonly security: SecuritySpec
  readonly namespaces: NamespaceSpec
  readonly restartPolicy: RestartPolicy
  readonly autoRemove: boolean
  readonly log: LogSpec & { readonly driver: 'json-file' | 'none' }
  /** Paths of the image's anonymous volumes. */
  readonly imageVolumes: readonly string[]
}

/** Everything the engine knows of one container; the content of `containers/<id>/record.json`. */
export interface ContainerRecord {
  readonly version: 1
  /** 64 hexadecimal digits. */
  readonly id: string
  /** Without a leading slash. */
  readonly name: string
  readonly createdAt: string
  /** The image as it was asked for. */
  readonly image: string
  readonly imageId: Digest
  /** chainID of the image's layers: the parent of the read/write layer. */
  readonly chainId: Digest | ''
  readonly spec: ResolvedContainerSpec
  readonly state: ContainerState
  /** How often the restart policy started it again. */
  readonly restartCount: number
  /** A person stopped it, so the restart policy rests. */
  readonly manuallyStopped: boolean
  readonly mounts: readonly ContainerMount[]
  readonly network: ContainerNetwork
  /** The json-file log; empty with the log driver `none`. */
  readonly logPath: string
  readonly hostsPath: string
  readonly hostnamePath: string
  readonly resolvConfPath: string
}
