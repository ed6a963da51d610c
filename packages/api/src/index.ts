export { API_VERSION, MINIMUM_API_VERSION } from './api-version.ts'
export { type AnswerHead, type CallOptions, type Client, type ClientOptions, createClient } from './client/client.ts'
export { demultiplex, type StreamChunk } from './client/demultiplex.ts'
export type { AnswerOf, BodyOf, Endpoint, Filters, PathParameters, QueryOf } from './endpoint.ts'
export { buildPrune } from './endpoints/build-prune.ts'
export { containerAttach } from './endpoints/container-attach.ts'
export { containerChanges } from './endpoints/container-changes.ts'
export { containerCreate } from './endpoints/container-create.ts'
export { containerExport } from './endpoints/container-export.ts'
export { containerInspect } from './endpoints/container-inspect.ts'
export { containerKill } from './endpoints/container-kill.ts'
export { containerList } from './endpoints/container-list.ts'
export { containerLogs } from './endpoints/container-logs.ts'
export { containerPause } from './endpoints/container-pause.ts'
export { containerPrune } from './endpoints/container-prune.ts'
export { containerRemove } from './endpoints/container-remove.ts'
export { containerRename } from './endpoints/container-rename.ts'
export { containerResize } from './endpoints/container-resize.ts'
export { containerRestart } from './endpoints/container-restart.ts'
export { containerStart } from './endpoints/container-start.ts'
export { containerStats } from './endpoints/container-stats.ts'
export { containerStop } from './endpoints/container-stop.ts'
export { containerTop } from './endpoints/container-top.ts'
export { containerUnpause } from './endpoints/container-unpause.ts'
export { containerWait } from './endpoints/container-wait.ts'
export { execCreate } from './endpoints/exec-create.ts'
export { execInspect } from './endpoints/exec-inspect.ts'
export { execResize } from './endpoints/exec-resize.ts'
export { execStart } from './endpoints/exec-start.ts'
export { imageHistory } from './endpoints/image-history.ts'
export { imageInspect } from './endpoints/image-inspect.ts'
export { imageList } from './endpoints/image-list.ts'
export { imageLoad } from './endpoints/image-load.ts'
export { imagePrune } from './endpoints/image-prune.ts'
export { imagePull } from './endpoints/image-pull.ts'
export { imagePush } from './endpoints/image-push.ts'
export { imageRemove } from './endpoints/image-remove.ts'
export { imageSave } from './endpoints/image-save.ts'
export { imageSaveMany } from './endpoints/image-save-many.ts'
export { imageTag } from './endpoints/image-tag.ts'
export { networkInspect } from './endpoints/network-inspect.ts'
export { networkList } from './endpoints/network-list.ts'
export { networkPrune } from './endpoints/network-prune.ts'
export { pluginList } from './endpoints/plugin-list.ts'
export { systemAuth } from './endpoints/system-auth.ts'
export { systemDiskUsage } from './endpoints/system-disk-usage.ts'
export { systemEvents } from './endpoints/system-events.ts'
export { systemInfo } from './endpoints/system-info.ts'
export { systemPing } from './endpoints/system-ping.ts'
export { systemPingHead } from './endpoints/system-ping-head.ts'
export { systemVersion } from './endpoints/system-version.ts'
export { volumeCreate } from './endpoints/volume-create.ts'
export { volumeInspect } from './endpoints/volume-inspect.ts'
export { volumeList } from './endpoints/volume-list.ts'
export { volumePrune } from './endpoints/volume-prune.ts'
export { volumeRemove } from './endpoints/volume-remove.ts'
export { ApiError, type ApiErrorCode, type ApiErrorOptions } from './errors.ts'
export { encodeRegistryAuth } from './registry-auth.ts'
export { type ApiActivity, type ApiServer, type ServeOptions, serve } from './server/serve.ts'
export type {
  ContainerCreateBody,
  ContainerCreated,
  ContainerInspect,
  ContainerPruneReport,
  ContainerState,
  ContainerSummary,
  FilesystemChange,
  HealthProbe,
  MountPoint,
  NetworkSettings,
  PortSummary,
  TopResult,
  WaitResult,
} from './wire/container.ts'
export type { ContainerConfig, HealthConfig } from './wire/container-config.ts'
export type { EventMessage } from './wire/event.ts'
export type { ExecCreateBody, ExecInspect, ExecStartBody } from './wire/exec.ts'
export type { Failure } from './wire/failure.ts'
export type {
  DeviceMapping,
  HostConfig,
  LogConfig,
  MountRequest,
  PortBinding,
  PortMap,
  Resources,
  RestartPolicy,
  Ulimit,
} from './wire/host-config.ts'
export type {
  AuthConfig,
  AuthResult,
  ImageDeleteItem,
  ImageHistoryItem,
  ImageInspect,
  ImagePruneReport,
  ImageSummary,
} from './wire/image.ts'
export type { EndpointSettings, Ipam, Network, NetworkContainer, NetworkingConfig, NetworkPruneReport } from './wire/network.ts'
export type { ProgressMessage } from './wire/progress.ts'
export type { ContainerStats, CpuStats, NetworkStats } from './wire/stats.ts'
export type { BuildPruneReport, ComponentCommit, DiskUsage, SystemInfo, SystemVersion } from './wire/system.ts'
export type { Volume, VolumeCreateBody, VolumeList, VolumePruneReport } from './wire/volume.ts'
