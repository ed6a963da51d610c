import type { OverlaySnapshotter } from '@ct/layerfs'
import type { LinuxRuntime } from '@ct/runtime-linux'
import type { EventBus } from '../events/event-bus.ts'
import type { ImageService } from '../images/image-service.ts'
import type { BridgeNetwork } from '../networks/bridge-network.ts'
import type { ImageUsers } from '../spec/image-users.ts'
import type { BackgroundTasks } from '../store/background-tasks.ts'
import type { EngineIdentity } from '../store/engine-identity.ts'
import type { RecordDirectory } from '../store/record-directory.ts'
import type { VolumeStore } from '../volumes/volume-store.ts'
import type { ContainerRecord } from './container-record.ts'
import type { ContainerTable } from './container-table.ts'
import type { ManagedContainer } from './managed-container.ts'
import type { Ending } from './watch-exit.ts'

/** What the operations on containers work with. */
export interface ContainerContext {
  readonly identity: EngineIdentity
  readonly runtimeDirectory: string
  readonly records: RecordDirectory<ContainerRecord>
  readonly table: ContainerTable
  readonly images: ImageService
  readonly snapshotter: OverlaySnapshotter
  readonly runtime: LinuxRuntime
  readonly bridge: BridgeNetwork
  readonly volumes: VolumeStore
  readonly users: ImageUsers
  readonly events: EventBus
  /** What has to end before the engine has closed. */
  readonly background: BackgroundTasks
  /** Aborted when the engine closes; nothing that happens to a container after that is handled by this engine. */
  readonly closed: AbortSignal
  /** Does what has to be done when a container has ended. */
  readonly onEnded: (container: ManagedContainer, ending: Ending) => Promise<void>
  readonly log: (line: string) => void
}
