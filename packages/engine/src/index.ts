export type {
  ContainerMount,
  ContainerNetwork,
  ContainerRecord,
  ContainerState,
  ContainerStatus,
  PublishedPort,
  ResolvedContainerSpec,
} from './containers/container-record.ts'
export type {
  BindMountSpec,
  ContainerSpec,
  DeviceSpec,
  LogSpec,
  MountSpec,
  NamespaceSpec,
  NetworkSpec,
  PortSpec,
  ResourceSpec,
  RestartPolicy,
  SecuritySpec,
  TmpfsMountSpec,
  UlimitSpec,
  VolumeMountSpec,
} from './containers/container-spec.ts'
export type { ContainerStats, InterfaceStats, ProcessTable } from './containers/container-stats.ts'
export type {
  AttachOptions,
  ContainerExit,
  ContainerFilters,
  Containers,
  ListContainersOptions,
  PrunedContainers,
  StopOptions,
  TerminalSize,
  WaitCondition,
} from './containers/containers.ts'
export type { ExecRecord, ExecSpec, StartExecOptions } from './containers/exec-record.ts'
export { createEngine } from './create-engine.ts'
export type { DiskUsage, Engine, EngineInfo, EngineOptions } from './engine.ts'
export { EngineError, type EngineErrorCode } from './errors.ts'
export type { EngineEvent, EventType, SubscribeOptions } from './events/engine-event.ts'
export type { Events } from './events/events.ts'
export type {
  ImageCredentials,
  ImageDetails,
  ImageHistoryEntry,
  ImageSummary,
  LoadedImageSummary,
  PullEvent,
  PullLayerState,
  PullOptions,
  PushEvent,
  PushOptions,
  RemovedImage,
} from './images/image-types.ts'
export type { ImageFilters, Images, PrunedImages } from './images/images.ts'
export type { LogLine, LogOptions } from './logs/log-line.ts'
export type { NetworkEndpoint, NetworkRecord } from './networks/network-record.ts'
export type { Networks } from './networks/networks.ts'
export type { VolumeRecord, VolumeSpec } from './volumes/volume-record.ts'
export type { VolumeFilters, Volumes } from './volumes/volumes.ts'
