import type { Containers } from './containers/containers.ts'
import type { Events } from './events/events.ts'
import type { Images } from './images/images.ts'
import type { Networks } from './networks/networks.ts'
import type { Volumes } from './volumes/volumes.ts'

/** Where an engine keeps things. */
export interface EngineOptions {
  /** State directory, made if missing; one engine process at a time has it. */
  readonly root: string
  /** Directory for sockets and pid files, made if missing; may be gone after a reboot. Short: socket paths end at 107 bytes. */
  readonly runtimeDirectory: string
  /** Ends the engine as `close()` does. */
  readonly signal?: AbortSignal | undefined
  /** Hears one line about what went wrong behind the scenes. */
  readonly onLog?: ((line: string) => void) | undefined
}

/** Facts about an engine and its machine. */
export interface EngineInfo {
  /** A random id of this state directory. */
  readonly id: string
  readonly root: string
  readonly runtimeDirectory: string
  readonly storageDriver: 'overlay'
  readonly containers: { readonly total: number; readonly running: number; readonly paused: number; readonly stopped: number }
  readonly images: number
  readonly cgroupVersion: '1' | '2' | 'hybrid'
  readonly kernelVersion: string
  /** PRETTY_NAME of /etc/os-release. */
  readonly operatingSystem: string
  readonly osType: 'linux'
  /** As uname(2): `x86_64`, `aarch64`. */
  readonly architecture: string
  readonly cpus: number
  readonly memoryBytes: number
  readonly hostname: string
  /** What a person should look at: records that could not be read, … */
  readonly warnings: readonly string[]
}

/** What lies on the disk. */
export interface DiskUsage {
  /** Bytes of all blobs and snapshots of images. */
  readonly layersBytes: number
  readonly images: readonly { readonly id: string; readonly sizeBytes: number; readonly containers: number }[]
  readonly containers: readonly { readonly id: string; readonly rwBytes: number }[]
  readonly volumes: readonly { readonly name: string; readonly sizeBytes: number; readonly containers: number }[]
}

/** A container engine in this process. */
export interface Engine extends AsyncDisposable {
  readonly containers: Containers
  readonly images: Images
  readonly volumes: Volumes
  readonly networks: Networks
  readonly events: Events
  info(): Promise<EngineInfo>
  diskUsage(): Promise<DiskUsage>
  /** Lets go of the state directory. Containers run on, and the next engine finds them. */
  close(): Promise<void>
}
