import type { FieldShape, Shape } from '../server/shape.ts'
import type { ContainerCreateBody } from '../wire/container.ts'
import type { ContainerConfig } from '../wire/container-config.ts'
import type { HostConfig } from '../wire/host-config.ts'

const strings: FieldShape = { list: 'string' }
const integers: FieldShape = { list: 'integer' }
const words: FieldShape = { map: 'string' }
const set: FieldShape = { map: 'object' }

const CONFIG: Shape<ContainerConfig> = {
  Hostname: 'string',
  Domainname: 'string',
  User: 'string',
  AttachStdin: 'boolean',
  AttachStdout: 'boolean',
  AttachStderr: 'boolean',
  ExposedPorts: set,
  Tty: 'boolean',
  OpenStdin: 'boolean',
  StdinOnce: 'boolean',
  Env: strings,
  Cmd: 'command',
  Healthcheck: { fields: { Test: strings, Interval: 'integer', Timeout: 'integer', Retries: 'integer' } },
  ArgsEscaped: 'boolean',
  Image: 'string',
  Volumes: set,
  WorkingDir: 'string',
  Entrypoint: 'command',
  NetworkDisabled: 'boolean',
  MacAddress: 'string',
  OnBuild: strings,
  Labels: words,
  StopSignal: 'string',
  StopTimeout: 'integer',
  Shell: strings,
}

const mount: FieldShape = {
  fields: {
    Type: 'string',
    Source: 'string',
    Target: 'string',
    ReadOnly: 'boolean',
    BindOptions: { fields: { Propagation: 'string', NonRecursive: 'boolean', CreateMountpoint: 'boolean' } },
    VolumeOptions: {
      fields: { NoCopy: 'boolean', Labels: words, Subpath: 'string', DriverConfig: { fields: { Name: 'string', Options: words } } },
    },
    TmpfsOptions: { fields: { SizeBytes: 'integer', Mode: 'integer', Options: { list: strings } } },
  },
}

const HOST_CONFIG: Shape<HostConfig> = {
  CpuShares: 'integer',
  Memory: 'integer',
  NanoCpus: 'integer',
  CgroupParent: 'string',
  BlkioWeight: 'integer',
  BlkioWeightDevice: { list: 'object' },
  BlkioDeviceReadBps: { list: 'object' },
  BlkioDeviceWriteBps: { list: 'object' },
  BlkioDeviceReadIOps: { list: 'object' },
  BlkioDeviceWriteIOps: { list: 'object' },
  CpuPeriod: 'integer',
  CpuQuota: 'integer',
  CpuRealtimePeriod: 'integer',
  CpuRealtimeRuntime: 'integer',
  CpusetCpus: 'string',
  CpusetMems: 'string',
  Devices: { list: { fields: { PathOnHost: 'string', PathInContainer: 'string', CgroupPermissions: 'string' } } },
  DeviceCgroupRules: strings,
  DeviceRequests: { list: 'object' },
  MemoryReservation: 'integer',
  MemorySwap: 'integer',
  MemorySwappiness: 'integer',
  OomKillDisable: 'boolean',
  PidsLimit: 'integer',
  Ulimits: { list: { fields: { Name: 'string', Soft: 'integer', Hard: 'integer' } } },
  CpuCount: 'integer',
  CpuPercent: 'integer',
  IOMaximumIOps: 'integer',
  IOMaximumBandwidth: 'integer',
  Binds: strings,
  ContainerIDFile: 'string',
  LogConfig: { fields: { Type: 'string', Config: words } },
  NetworkMode: 'string',
  PortBindings: { map: { list: { fields: { HostIp: 'string', HostPort: 'string' } } } },
  RestartPolicy: { fields: { Name: 'string', MaximumRetryCount: 'integer' } },
  AutoRemove: 'boolean',
  VolumeDriver: 'string',
  VolumesFrom: strings,
  ConsoleSize: integers,
  Annotations: words,
  CapAdd: strings,
  CapDrop: strings,
  CgroupnsMode: 'string',
  Dns: strings,
  DnsOptions: strings,
  DnsSearch: strings,
  ExtraHosts: strings,
  GroupAdd: strings,
  IpcMode: 'string',
  Cgroup: 'string',
  Links: strings,
  OomScoreAdj: 'integer',
  PidMode: 'string',
  Privileged: 'boolean',
  PublishAllPorts: 'boolean',
  ReadonlyRootfs: 'boolean',
  SecurityOpt: strings,
  StorageOpt: words,
  Tmpfs: words,
  UTSMode: 'string',
  UsernsMode: 'string',
  ShmSize: 'integer',
  Sysctls: words,
  Runtime: 'string',
  Isolation: 'string',
  Mounts: { list: mount },
  MaskedPaths: strings,
  ReadonlyPaths: strings,
  Init: 'boolean',
}

const endpoint: FieldShape = {
  fields: {
    IPAMConfig: { fields: { IPv4Address: 'string', IPv6Address: 'string', LinkLocalIPs: strings } },
    Links: strings,
    Aliases: strings,
    MacAddress: 'string',
    DriverOpts: words,
  },
}

/** What every field of a create request may be. */
export const CREATE_BODY: Shape<ContainerCreateBody> = {
  ...CONFIG,
  HostConfig: { fields: HOST_CONFIG },
  NetworkingConfig: { fields: { EndpointsConfig: { map: endpoint } } },
}

/** Settings of the host that are not built yet, with the values that change nothing. */
export const UNBUILT_SETTINGS: Readonly<Partial<Record<keyof HostConfig, readonly unknown[]>>> = {
  CgroupParent: [],
  BlkioWeight: [],
  BlkioWeightDevice: [],
  BlkioDeviceReadBps: [],
  BlkioDeviceWriteBps: [],
  BlkioDeviceReadIOps: [],
  BlkioDeviceWriteIOps: [],
  CpuRealtimePeriod: [],
  CpuRealtimeRuntime: [],
  DeviceCgroupRules: [],
  DeviceRequests: [],
  MemorySwappiness: [-1],
  VolumeDriver: ['local'],
  Cgroup: [],
  Links: [],
  StorageOpt: [],
  UsernsMode: ['host'],
  Isolation: ['default'],
  Runtime: ['runc', 'io.containerd.runc.v2', 'ct'],
  Init: [],
}
