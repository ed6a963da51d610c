import type {
  ContainerSpec,
  DeviceSpec,
  NamespaceSpec,
  NetworkSpec,
  ResourceSpec,
  RestartPolicy,
  SecuritySpec,
  UlimitSpec,
} from '@ct/engine'
import { badRequest, notBuilt } from '../errors.ts'
import type { ContainerCreateBody } from '../wire/container.ts'
import type { DeviceMapping, HostConfig, Ulimit } from '../wire/host-config.ts'
import type { EndpointSettings } from '../wire/network.ts'
import { UNBUILT_SETTINGS } from './create-body.table.ts'
import { keepHostConfig } from './kept-host-config.ts'
import { readExposedPorts, readPortMap } from './ports.ts'
import { readMounts } from './read-mounts.ts'

/** What the engine is to make of a create request. `API_BAD_REQUEST` in docker's words, `API_NOT_BUILT` for what would be ignored. */
export function readContainerSpec(body: ContainerCreateBody, platform?: string): ContainerSpec {
  const host = body.HostConfig ?? {}
  const policy = host.RestartPolicy
  refuseUnbuilt(body, host)
  if (!body.Image) throw badRequest('config cannot be empty in order to create a container')
  return {
    image: body.Image,
    platform: platform || undefined,
    entrypoint: commandOf(body.Entrypoint),
    command: commandOf(body.Cmd),
    env: body.Env ?? undefined,
    workingDirectory: body.WorkingDir || undefined,
    user: body.User || undefined,
    groupAdd: host.GroupAdd ?? undefined,
    labels: body.Labels ?? undefined,
    hostname: body.Hostname || undefined,
    domainName: body.Domainname || undefined,
    tty: body.Tty,
    consoleSize: readConsoleSize(host),
    openStdin: body.OpenStdin,
    stdinOnce: body.StdinOnce,
    attachStdin: body.AttachStdin,
    attachStdout: body.AttachStdout,
    attachStderr: body.AttachStderr,
    stopSignal: body.StopSignal || undefined,
    stopTimeoutSeconds: body.StopTimeout ?? undefined,
    mounts: readMounts(body),
    volumesFrom: host.VolumesFrom ?? undefined,
    network: readNetwork(body, host),
    resources: readResources(host),
    devices: host.Devices?.map(readDevice),
    ulimits: host.Ulimits?.map(readUlimit),
    sysctls: host.Sysctls,
    shmSizeBytes: host.ShmSize || undefined,
    oomScoreAdj: host.OomScoreAdj || undefined,
    security: readSecurity(host),
    namespaces: readNamespaces(host),
    // The engine says which names there are.
    restartPolicy: policy?.Name
      ? { name: policy.Name as RestartPolicy['name'], maximumRetryCount: policy.MaximumRetryCount ?? 0 }
      : undefined,
    autoRemove: host.AutoRemove,
    log: readLog(host),
    annotations: keepHostConfig(host),
  }
}

/** Refuses what is asked for and would have no effect. */
function refuseUnbuilt({ Healthcheck, NetworkingConfig }: ContainerCreateBody, host: HostConfig): void {
  for (const [name, harmless] of Object.entries(UNBUILT_SETTINGS)) {
    const value = host[name as keyof HostConfig]
    if (!isEmpty(value) && !harmless.includes(value)) throw notBuilt(`HostConfig.${name}`)
  }
  const [test] = Healthcheck?.Test ?? []
  if (test !== undefined && test !== 'NONE') throw notBuilt('Healthcheck')
  if (Object.keys(NetworkingConfig?.EndpointsConfig ?? {}).length > 1) throw notBuilt('NetworkingConfig with several networks')
}

function readConsoleSize({ ConsoleSize }: HostConfig): ContainerSpec['consoleSize'] {
  const [rows = 0, columns = 0] = ConsoleSize ?? []
  return rows > 0 && columns > 0 ? { rows, columns } : undefined
}

function isEmpty(value: unknown): boolean {
  return !value || (typeof value === 'object' && Object.keys(value).length === 0)
}

function commandOf(command: readonly string[] | string | null | undefined): readonly string[] | undefined {
  if (command === undefined || command === null) return undefined
  return typeof command === 'string' ? [command] : command
}

function readDevice({ PathOnHost, PathInContainer, CgroupPermissions }: Partial<DeviceMapping>): DeviceSpec {
  if (!PathOnHost) throw badRequest('invalid device: it has no PathOnHost')
  return { hostPath: PathOnHost, containerPath: PathInContainer || undefined, permissions: CgroupPermissions || undefined }
}

function readUlimit({ Name, Soft, Hard }: Partial<Ulimit>): UlimitSpec {
  if (!Name) throw badRequest('invalid ulimit: it has no Name')
  return { name: Name, soft: Soft ?? 0, hard: Hard ?? 0 }
}

function readNetwork(body: ContainerCreateBody, host: HostConfig): NetworkSpec {
  const [settings]: readonly (EndpointSettings | undefined)[] = Object.values(body.NetworkingConfig?.EndpointsConfig ?? {})
  const mode = host.NetworkMode === 'default' ? '' : host.NetworkMode
  return {
    mode: body.NetworkDisabled === true ? 'none' : mode || 'bridge',
    ports: readPortMap(host.PortBindings),
    publishAll: host.PublishAllPorts,
    exposedPorts: readExposedPorts(body.ExposedPorts),
    extraHosts: host.ExtraHosts ?? undefined,
    dns: host.Dns ?? undefined,
    dnsSearch: host.DnsSearch ?? undefined,
    dnsOptions: host.DnsOptions ?? undefined,
    aliases: settings?.Aliases ?? undefined,
    ipAddress: settings?.IPAMConfig?.IPv4Address || undefined,
    macAddress: settings?.MacAddress || body.MacAddress || undefined,
  }
}

function readResources(host: HostConfig): ResourceSpec {
  return {
    memoryBytes: host.Memory || undefined,
    memorySwapBytes: host.MemorySwap || undefined,
    memoryReservationBytes: host.MemoryReservation || undefined,
    oomKillDisable: host.OomKillDisable ?? undefined,
    cpuShares: host.CpuShares || undefined,
    cpuQuotaUs: host.CpuQuota || undefined,
    cpuPeriodUs: host.CpuPeriod || undefined,
    nanoCpus: host.NanoCpus || undefined,
    cpusetCpus: host.CpusetCpus || undefined,
    cpusetMems: host.CpusetMems || undefined,
    pidsLimit: (host.PidsLimit ?? 0) > 0 ? (host.PidsLimit ?? 0) : undefined,
  }
}

function readSecurity(host: HostConfig): SecuritySpec {
  return {
    privileged: host.Privileged,
    capAdd: host.CapAdd ?? undefined,
    capDrop: host.CapDrop ?? undefined,
    readOnlyRootfs: host.ReadonlyRootfs,
    maskedPaths: host.MaskedPaths ?? undefined,
    readonlyPaths: host.ReadonlyPaths ?? undefined,
    ...readSecurityOptions(host.SecurityOpt ?? []),
  }
}

function readSecurityOptions(options: readonly string[]): Pick<SecuritySpec, 'noNewPrivileges' | 'seccomp'> {
  let security: Pick<SecuritySpec, 'noNewPrivileges' | 'seccomp'> = {}
  for (const option of options) {
    const [, name = '', value = ''] = /^([a-z-]+)(?:[=:]([\s\S]*))?$/.exec(option) ?? []
    if (name === 'no-new-privileges') security = { ...security, noNewPrivileges: value !== 'false' }
    else if (name === 'seccomp') security = { ...security, seccomp: value === 'builtin' ? 'default' : value }
    else if (name === 'label' || (name === 'apparmor' && (value === 'unconfined' || value === 'docker-default'))) continue
    else if (name === 'apparmor') throw notBuilt(`HostConfig.SecurityOpt ${option}`)
    else throw badRequest(`invalid --security-opt: "${option}"`)
  }
  return security
}

function readNamespaces(host: HostConfig): NamespaceSpec {
  const ipc = host.IpcMode === 'shareable' || host.IpcMode === 'none' ? 'private' : host.IpcMode
  return {
    pid: host.PidMode || undefined,
    ipc: ipc || undefined,
    uts: host.UTSMode || undefined,
    cgroup: host.CgroupnsMode || undefined,
  }
}

function readLog({ LogConfig }: HostConfig): ContainerSpec['log'] {
  const driver = LogConfig?.Type || 'json-file'
  if (driver !== 'json-file' && driver !== 'none') throw notBuilt(`logging driver ${driver}`)
  return { driver, ...(LogConfig?.Config && { options: LogConfig.Config }) }
}
