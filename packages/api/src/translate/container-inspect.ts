import type { ContainerMount, ContainerRecord } from '@ct/engine'
import type { ContainerInspect, ContainerState, MountPoint, NetworkSettings } from '../wire/container.ts'
import type { ContainerConfig } from '../wire/container-config.ts'
import type { EndpointSettings } from '../wire/network.ts'
import { hostConfigOf } from './host-config.ts'
import { portMap } from './ports.ts'

/** What the engine knows beside the record. */
export interface InspectFacts {
  readonly networkId: string
  readonly execIds: readonly string[]
  readonly storageDriver: string
  /** Of its read/write layer, and of the image's layers, top first. */
  readonly directories: { readonly upper: string; readonly lowers: readonly string[] }
  readonly size?: { readonly rwBytes: number; readonly rootFsBytes: number } | undefined
}

/** A container as `docker inspect` shows it. */
export function containerInspectOf(record: ContainerRecord, facts: InspectFacts): ContainerInspect {
  const [path = '', ...args] = [...record.spec.entrypoint, ...record.spec.command]
  return {
    Id: record.id,
    Created: record.createdAt,
    Path: path,
    Args: args,
    State: stateOf(record),
    Image: record.imageId,
    ResolvConfPath: record.resolvConfPath,
    HostnamePath: record.hostnamePath,
    HostsPath: record.hostsPath,
    LogPath: record.logPath,
    Name: `/${record.name}`,
    RestartCount: record.restartCount,
    Driver: facts.storageDriver,
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: facts.execIds.length === 0 ? null : facts.execIds,
    HostConfig: hostConfigOf(record.spec),
    GraphDriver: { Name: facts.storageDriver, Data: { LowerDir: facts.directories.lowers.join(':'), UpperDir: facts.directories.upper } },
    ...(facts.size && { SizeRw: facts.size.rwBytes, SizeRootFs: facts.size.rootFsBytes }),
    Mounts: record.mounts.map(mountPointOf),
    Config: configOf(record),
    NetworkSettings: networkSettingsOf(record, facts.networkId),
  }
}

function stateOf({ state }: ContainerRecord): ContainerState {
  return {
    Status: state.status,
    Running: state.status === 'running' || state.status === 'paused' || state.status === 'restarting',
    Paused: state.status === 'paused',
    Restarting: state.status === 'restarting',
    OOMKilled: state.oomKilled,
    Dead: state.status === 'dead',
    Pid: state.pid,
    ExitCode: state.exitCode,
    Error: state.error,
    StartedAt: state.startedAt,
    FinishedAt: state.finishedAt,
  }
}

function configOf({ spec, image }: ContainerRecord): ContainerConfig {
  const exposed = spec.network.exposedPorts
  return {
    Hostname: spec.hostname,
    Domainname: spec.domainName,
    User: spec.user,
    AttachStdin: spec.attachStdin ?? false,
    AttachStdout: spec.attachStdout ?? false,
    AttachStderr: spec.attachStderr ?? false,
    ...(exposed.length > 0 && { ExposedPorts: keys(exposed) }),
    Tty: spec.tty,
    OpenStdin: spec.openStdin,
    StdinOnce: spec.stdinOnce,
    Env: spec.env,
    Cmd: orNull(spec.command),
    Image: image,
    Volumes: spec.imageVolumes.length === 0 ? null : keys(spec.imageVolumes),
    WorkingDir: spec.workingDirectory,
    Entrypoint: orNull(spec.entrypoint),
    OnBuild: null,
    Labels: spec.labels,
    StopSignal: spec.stopSignal,
    ...(spec.stopTimeoutSeconds !== undefined && { StopTimeout: spec.stopTimeoutSeconds }),
  }
}

/** A mount as it is, for inspection and lists. */
export function mountPointOf(mount: ContainerMount): MountPoint {
  return {
    Type: mount.type,
    ...(mount.name !== undefined && { Name: mount.name }),
    Source: mount.source,
    Destination: mount.target,
    ...(mount.type === 'volume' && { Driver: 'local' }),
    Mode: mount.readOnly ? 'ro' : '',
    RW: !mount.readOnly,
    Propagation: mount.type === 'bind' ? mount.propagation : '',
  }
}

function networkSettingsOf(record: ContainerRecord, networkId: string): NetworkSettings {
  const endpoint = endpointOf(record, networkId)
  return {
    Bridge: '',
    SandboxID: '',
    SandboxKey: '',
    Ports: portMap(record),
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: endpoint.EndpointID ?? '',
    Gateway: endpoint.Gateway ?? '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    IPAddress: endpoint.IPAddress ?? '',
    IPPrefixLen: endpoint.IPPrefixLen ?? 0,
    IPv6Gateway: '',
    MacAddress: endpoint.MacAddress ?? '',
    Networks: networksOf(record, networkId),
  }
}

/** The networks of a container by name; one that shares another container's has none. */
export function networksOf(record: ContainerRecord, networkId: string): Readonly<Record<string, EndpointSettings>> {
  const { mode } = record.network
  return mode.startsWith('container:') ? {} : { [mode]: endpointOf(record, networkId) }
}

function endpointOf({ network, spec }: ContainerRecord, networkId: string): EndpointSettings {
  const { ipAddress, aliases } = spec.network
  return {
    IPAMConfig: ipAddress === undefined ? null : { IPv4Address: ipAddress },
    Links: null,
    Aliases: aliases ?? null,
    MacAddress: network.macAddress,
    DriverOpts: null,
    GwPriority: 0,
    NetworkID: networkId,
    EndpointID: network.endpointId,
    Gateway: network.gateway,
    IPAddress: network.ipAddress,
    IPPrefixLen: network.prefixLength,
    IPv6Gateway: '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    DNSNames: null,
  }
}

function keys(names: readonly string[]): Record<string, object> {
  return Object.fromEntries(names.map((name) => [name, {}]))
}

function orNull(words: readonly string[]): readonly string[] | null {
  return words.length === 0 ? null : words
}
