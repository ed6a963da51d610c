import type { MountSpec, ResolvedContainerSpec } from '@ct/engine'
import type { HostConfig, Resources } from '../wire/host-config.ts'
import { keptHostConfig } from './kept-host-config.ts'
import { portBindings } from './ports.ts'

/** The host's part of a container's settings, complete as docker's clients expect it. */
export function hostConfigOf(spec: ResolvedContainerSpec): HostConfig {
  const { network, security, namespaces, restartPolicy, log } = spec
  return {
    ...UNSET,
    ...resourcesOf(spec),
    Binds: bindsOf(spec.mounts ?? []),
    LogConfig: { Type: log.driver, Config: log.options ?? {} },
    NetworkMode: network.mode,
    PortBindings: portBindings(network.ports),
    RestartPolicy: { Name: restartPolicy.name, MaximumRetryCount: restartPolicy.maximumRetryCount ?? 0 },
    AutoRemove: spec.autoRemove,
    VolumesFrom: spec.volumesFrom ?? null,
    CapAdd: security.capAdd ?? null,
    CapDrop: security.capDrop ?? null,
    CgroupnsMode: namespaces.cgroup ?? 'private',
    Dns: network.dns ?? [],
    DnsOptions: network.dnsOptions ?? [],
    DnsSearch: network.dnsSearch ?? [],
    ExtraHosts: network.extraHosts ?? null,
    GroupAdd: spec.groupAdd ?? null,
    IpcMode: namespaces.ipc ?? 'private',
    OomScoreAdj: spec.oomScoreAdj ?? 0,
    PidMode: hiddenDefault(namespaces.pid),
    Privileged: security.privileged ?? false,
    PublishAllPorts: network.publishAll ?? false,
    ReadonlyRootfs: security.readOnlyRootfs ?? false,
    SecurityOpt: null,
    UTSMode: hiddenDefault(namespaces.uts),
    ShmSize: spec.shmSizeBytes,
    MaskedPaths: security.maskedPaths ?? null,
    ReadonlyPaths: security.readonlyPaths ?? null,
    ...(spec.sysctls && { Sysctls: spec.sysctls }),
    ...keptHostConfig(spec.annotations),
  }
}

function resourcesOf({ resources, devices, ulimits }: ResolvedContainerSpec): Resources {
  return {
    CpuShares: resources.cpuShares ?? 0,
    Memory: resources.memoryBytes ?? 0,
    NanoCpus: resources.nanoCpus ?? 0,
    CpuPeriod: resources.cpuPeriodUs ?? 0,
    CpuQuota: resources.cpuQuotaUs ?? 0,
    CpusetCpus: resources.cpusetCpus ?? '',
    CpusetMems: resources.cpusetMems ?? '',
    Devices: (devices ?? []).map(({ hostPath, containerPath, permissions }) => ({
      PathOnHost: hostPath,
      PathInContainer: containerPath ?? hostPath,
      CgroupPermissions: permissions ?? 'rwm',
    })),
    MemoryReservation: resources.memoryReservationBytes ?? 0,
    MemorySwap: resources.memorySwapBytes ?? 0,
    OomKillDisable: resources.oomKillDisable ?? false,
    PidsLimit: resources.pidsLimit ?? null,
    Ulimits: (ulimits ?? []).map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
  }
}

/** Mounts of a container that was made without docker's words for them. */
function bindsOf(mounts: readonly MountSpec[]): readonly string[] | null {
  const binds = mounts.flatMap((mount) =>
    mount.type === 'tmpfs' || mount.source === undefined ? [] : [`${mount.source}:${mount.target}${mount.readOnly ? ':ro' : ''}`],
  )
  return binds.length === 0 ? null : binds
}

function hiddenDefault(mode: string | undefined): string {
  return mode === undefined || mode === 'private' ? '' : mode
}

/** What has no word in the engine, at docker's defaults. */
const UNSET: HostConfig = {
  ContainerIDFile: '',
  VolumeDriver: '',
  ConsoleSize: [0, 0],
  Cgroup: '',
  Links: null,
  UsernsMode: '',
  Runtime: 'ct',
  Isolation: '',
  CgroupParent: '',
  BlkioWeight: 0,
  BlkioWeightDevice: [],
  BlkioDeviceReadBps: [],
  BlkioDeviceWriteBps: [],
  BlkioDeviceReadIOps: [],
  BlkioDeviceWriteIOps: [],
  CpuRealtimePeriod: 0,
  CpuRealtimeRuntime: 0,
  DeviceCgroupRules: null,
  DeviceRequests: null,
  MemorySwappiness: null,
  CpuCount: 0,
  CpuPercent: 0,
  IOMaximumIOps: 0,
  IOMaximumBandwidth: 0,
}
