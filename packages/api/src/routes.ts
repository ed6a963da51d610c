import { buildPrune, buildPruneHandler } from './endpoints/build-prune.ts'
import { containerAttach, containerAttachHandler } from './endpoints/container-attach.ts'
import { containerChanges, containerChangesHandler } from './endpoints/container-changes.ts'
import { containerCreate, containerCreateHandler } from './endpoints/container-create.ts'
import { containerExport, containerExportHandler } from './endpoints/container-export.ts'
import { containerInspect, containerInspectHandler } from './endpoints/container-inspect.ts'
import { containerKill, containerKillHandler } from './endpoints/container-kill.ts'
import { containerList, containerListHandler } from './endpoints/container-list.ts'
import { containerLogs, containerLogsHandler } from './endpoints/container-logs.ts'
import { containerPause, containerPauseHandler } from './endpoints/container-pause.ts'
import { containerPrune, containerPruneHandler } from './endpoints/container-prune.ts'
import { containerRemove, containerRemoveHandler } from './endpoints/container-remove.ts'
import { containerRename, containerRenameHandler } from './endpoints/container-rename.ts'
import { containerResize, containerResizeHandler } from './endpoints/container-resize.ts'
import { containerRestart, containerRestartHandler } from './endpoints/container-restart.ts'
import { containerStart, containerStartHandler } from './endpoints/container-start.ts'
import { containerStats, containerStatsHandler } from './endpoints/container-stats.ts'
import { containerStop, containerStopHandler } from './endpoints/container-stop.ts'
import { containerTop, containerTopHandler } from './endpoints/container-top.ts'
import { containerUnpause, containerUnpauseHandler } from './endpoints/container-unpause.ts'
import { containerWait, containerWaitHandler } from './endpoints/container-wait.ts'
import { execCreate, execCreateHandler } from './endpoints/exec-create.ts'
import { execInspect, execInspectHandler } from './endpoints/exec-inspect.ts'
import { execResize, execResizeHandler } from './endpoints/exec-resize.ts'
import { execStart, execStartHandler } from './endpoints/exec-start.ts'
import { imageHistory, imageHistoryHandler } from './endpoints/image-history.ts'
import { imageInspect, imageInspectHandler } from './endpoints/image-inspect.ts'
import { imageList, imageListHandler } from './endpoints/image-list.ts'
import { imageLoad, imageLoadHandler } from './endpoints/image-load.ts'
import { imagePrune, imagePruneHandler } from './endpoints/image-prune.ts'
import { imagePull, imagePullHandler } from './endpoints/image-pull.ts'
import { imagePush, imagePushHandler } from './endpoints/image-push.ts'
import { imageRemove, imageRemoveHandler } from './endpoints/image-remove.ts'
import { imageSave, imageSaveHandler } from './endpoints/image-save.ts'
import { imageSaveMany, imageSaveManyHandler } from './endpoints/image-save-many.ts'
import { imageTag, imageTagHandler } from './endpoints/image-tag.ts'
import { networkInspect, networkInspectHandler } from './endpoints/network-inspect.ts'
import { networkList, networkListHandler } from './endpoints/network-list.ts'
import { networkPrune, networkPruneHandler } from './endpoints/network-prune.ts'
import { pluginList, pluginListHandler } from './endpoints/plugin-list.ts'
import { systemAuth, systemAuthHandler } from './endpoints/system-auth.ts'
import { systemDiskUsage, systemDiskUsageHandler } from './endpoints/system-disk-usage.ts'
import { systemEvents, systemEventsHandler } from './endpoints/system-events.ts'
import { systemInfo, systemInfoHandler } from './endpoints/system-info.ts'
import { systemPing, systemPingHandler } from './endpoints/system-ping.ts'
import { systemPingHead, systemPingHeadHandler } from './endpoints/system-ping-head.ts'
import { systemVersion, systemVersionHandler } from './endpoints/system-version.ts'
import { volumeCreate, volumeCreateHandler } from './endpoints/volume-create.ts'
import { volumeInspect, volumeInspectHandler } from './endpoints/volume-inspect.ts'
import { volumeList, volumeListHandler } from './endpoints/volume-list.ts'
import { volumePrune, volumePruneHandler } from './endpoints/volume-prune.ts'
import { volumeRemove, volumeRemoveHandler } from './endpoints/volume-remove.ts'
import { type Route, route } from './server/handler.ts'

/** Every route of the API; one line for each file in `endpoints`. */
export const ROUTES: readonly Route[] = [
  route(buildPrune, buildPruneHandler),
  route(containerAttach, containerAttachHandler),
  route(containerChanges, containerChangesHandler),
  route(containerCreate, containerCreateHandler),
  route(containerExport, containerExportHandler),
  route(containerInspect, containerInspectHandler),
  route(containerKill, containerKillHandler),
  route(containerList, containerListHandler),
  route(containerLogs, containerLogsHandler),
  route(containerPause, containerPauseHandler),
  route(containerPrune, containerPruneHandler),
  route(containerRemove, containerRemoveHandler),
  route(containerRename, containerRenameHandler),
  route(containerResize, containerResizeHandler),
  route(containerRestart, containerRestartHandler),
  route(containerStart, containerStartHandler),
  route(containerStats, containerStatsHandler),
  route(containerStop, containerStopHandler),
  route(containerTop, containerTopHandler),
  route(containerUnpause, containerUnpauseHandler),
  route(containerWait, containerWaitHandler),
  route(execCreate, execCreateHandler),
  route(execInspect, execInspectHandler),
  route(execResize, execResizeHandler),
  route(execStart, execStartHandler),
  route(imageHistory, imageHistoryHandler),
  route(imageInspect, imageInspectHandler),
  route(imageList, imageListHandler),
  route(imageLoad, imageLoadHandler),
  route(imagePrune, imagePruneHandler),
  route(imagePull, imagePullHandler),
  route(imagePush, imagePushHandler),
  route(imageRemove, imageRemoveHandler),
  route(imageSaveMany, imageSaveManyHandler),
  route(imageSave, imageSaveHandler),
  route(imageTag, imageTagHandler),
  route(networkInspect, networkInspectHandler),
  route(networkList, networkListHandler),
  route(networkPrune, networkPruneHandler),
  route(pluginList, pluginListHandler),
  route(systemAuth, systemAuthHandler),
  route(systemDiskUsage, systemDiskUsageHandler),
  route(systemEvents, systemEventsHandler),
  route(systemInfo, systemInfoHandler),
  route(systemPingHead, systemPingHeadHandler),
  route(systemPing, systemPingHandler),
  route(systemVersion, systemVersionHandler),
  route(volumeCreate, volumeCreateHandler),
  route(volumeInspect, volumeInspectHandler),
  route(volumeList, volumeListHandler),
  route(volumePrune, volumePruneHandler),
  route(volumeRemove, volumeRemoveHandler),
]
