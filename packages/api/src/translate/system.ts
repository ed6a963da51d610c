import type { EngineInfo } from '@ct/engine'
import { API_VERSION, MINIMUM_API_VERSION } from '../api-version.ts'
import type { SystemInfo, SystemVersion } from '../wire/system.ts'
import { VERSION } from './version.ts'

const REGISTRY = 'https://index.docker.io/v1/'
const NO_COMMIT = { ID: '', Expected: '' }

/** Node's word for this machine's processor in Go's. */
function goArchitecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch
}

/** What `docker version` shows of the server. */
export function systemVersionOf({ kernelVersion }: EngineInfo): SystemVersion {
  const arch = goArchitecture()
  return {
    Platform: { Name: 'ct' },
    Components: [
      {
        Name: 'Engine',
        Version: VERSION,
        Details: {
          ApiVersion: API_VERSION,
          Arch: arch,
          BuildTime: '',
          Experimental: 'false',
          GitCommit: '',
          GoVersion: '',
          KernelVersion: kernelVersion,
          MinAPIVersion: MINIMUM_API_VERSION,
          Os: 'linux',
        },
      },
    ],
    Version: VERSION,
    ApiVersion: API_VERSION,
    MinAPIVersion: MINIMUM_API_VERSION,
    GitCommit: '',
    GoVersion: '',
    Os: 'linux',
    Arch: arch,
    KernelVersion: kernelVersion,
    BuildTime: '',
  }
}

/** What `docker info` shows. */
export function systemInfoOf(info: EngineInfo, now: Date): SystemInfo {
  return {
    ...FIXED,
    ID: info.id,
    Containers: info.containers.total,
    ContainersRunning: info.containers.running,
    ContainersPaused: info.containers.paused,
    ContainersStopped: info.containers.stopped,
    Images: info.images,
    Driver: info.storageDriver,
    SystemTime: now.toISOString(),
    CgroupVersion: info.cgroupVersion === '2' ? '2' : '1',
    KernelVersion: info.kernelVersion,
    OperatingSystem: info.operatingSystem,
    OSType: info.osType,
    Architecture: info.architecture,
    NCPU: info.cpus,
    MemTotal: info.memoryBytes,
    DockerRootDir: info.root,
    Name: info.hostname,
    ServerVersion: VERSION,
    Warnings: info.warnings.length === 0 ? null : info.warnings,
  }
}

/** What is so on every machine. */
const FIXED = {
  DriverStatus: [],
  Plugins: { Volume: ['local'], Network: ['bridge', 'host', 'null'], Authorization: null, Log: ['json-file'] },
  MemoryLimit: true,
  SwapLimit: true,
  CpuCfsPeriod: true,
  CpuCfsQuota: true,
  CPUShares: true,
  CPUSet: true,
  PidsLimit: true,
  IPv4Forwarding: true,
  Debug: false,
  NFd: 0,
  OomKillDisable: false,
  NGoroutines: 0,
  LoggingDriver: 'json-file',
  CgroupDriver: 'cgroupfs',
  NEventsListener: 0,
  OSVersion: '',
  IndexServerAddress: REGISTRY,
  RegistryConfig: { InsecureRegistryCIDRs: ['127.0.0.0/8', '::1/128'], IndexConfigs: {}, Mirrors: [] },
  GenericResources: null,
  HttpProxy: '',
  HttpsProxy: '',
  NoProxy: '',
  Labels: [],
  ExperimentalBuild: false,
  Runtimes: { ct: { path: 'ct-native' } },
  DefaultRuntime: 'ct',
  Swarm: { NodeID: '', NodeAddr: '', LocalNodeState: 'inactive', ControlAvailable: false, Error: '', RemoteManagers: null },
  LiveRestoreEnabled: true,
  Isolation: '',
  InitBinary: '',
  ContainerdCommit: NO_COMMIT,
  RuncCommit: NO_COMMIT,
  InitCommit: NO_COMMIT,
  SecurityOptions: ['name=seccomp,profile=builtin', 'name=cgroupns'],
  CDISpecDirs: [],
} as const satisfies Partial<SystemInfo>

/** What a ping says in headers. */
export const PING_HEADERS: Readonly<Record<string, string>> = {
  'Builder-Version': '1',
  'Cache-Control': 'no-cache, no-store, must-revalidate',
  Pragma: 'no-cache',
  Swarm: 'inactive',
}

/** How layers are stored, for inspection; the same for all containers. */
export const STORAGE_DRIVER = 'overlay'
