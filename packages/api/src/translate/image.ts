import type { ImageSummary as EngineImageSummary, ImageDetails, ImageHistoryEntry, RemovedImage } from '@ct/engine'
import type { ContainerConfig } from '../wire/container-config.ts'
import type { ImageDeleteItem, ImageHistoryItem, ImageInspect, ImageSummary } from '../wire/image.ts'
import { unixSeconds, ZERO_TIME } from './time.ts'

/** An image as `docker images` shows it. */
export function imageSummaryOf(image: EngineImageSummary): ImageSummary {
  return {
    Id: image.id,
    ParentId: '',
    RepoTags: image.repoTags,
    RepoDigests: image.repoDigests,
    Created: unixSeconds(image.createdAt),
    Size: image.sizeBytes,
    SharedSize: -1,
    Labels: image.labels,
    Containers: image.containers,
  }
}

/** An image as `docker inspect` shows it. */
export function imageInspectOf(image: ImageDetails): ImageInspect {
  const { config, layerDirectories, manifestDescriptor } = image
  return {
    Id: image.id,
    RepoTags: image.repoTags,
    RepoDigests: image.repoDigests,
    Parent: '',
    Comment: config.history?.at(-1)?.comment ?? '',
    Created: image.createdAt,
    DockerVersion: '',
    Author: config.author ?? '',
    Config: configOf(image),
    Architecture: config.architecture,
    ...(config.variant !== undefined && { Variant: config.variant }),
    Os: config.os,
    ...(config['os.version'] !== undefined && { OsVersion: config['os.version'] }),
    Size: image.sizeBytes,
    GraphDriver: { Name: 'overlay', Data: layerDirectories.length === 0 ? null : { LowerDir: [...layerDirectories].reverse().join(':') } },
    RootFS: { Type: 'layers', Layers: config.rootfs.diff_ids },
    Metadata: { LastTagTime: ZERO_TIME },
    Descriptor: { mediaType: manifestDescriptor.mediaType, digest: manifestDescriptor.digest, size: manifestDescriptor.size },
  }
}

function configOf({ config: { config = {} }, labels }: ImageDetails): ContainerConfig {
  const { ExposedPorts, Volumes, Healthcheck, OnBuild, Shell, StopSignal } = config
  return {
    User: config.User ?? '',
    ...(ExposedPorts && { ExposedPorts }),
    Env: config.Env ?? null,
    Cmd: config.Cmd ?? null,
    ...(Healthcheck && { Healthcheck }),
    Volumes: Volumes ?? null,
    WorkingDir: config.WorkingDir ?? '',
    Entrypoint: config.Entrypoint ?? null,
    OnBuild: OnBuild ?? null,
    Labels: Object.keys(labels).length === 0 ? null : labels,
    ...(StopSignal !== undefined && { StopSignal }),
    ...(Shell && { Shell }),
  }
}

/** One line of `docker history`. */
export function historyItemOf(entry: ImageHistoryEntry): ImageHistoryItem {
  return {
    Id: entry.id === '' ? '<missing>' : entry.id,
    Created: unixSeconds(entry.createdAt),
    CreatedBy: entry.createdBy,
    Tags: entry.tags.length === 0 ? null : entry.tags,
    Size: entry.sizeBytes,
    Comment: entry.comment,
  }
}

/** One line of `docker rmi`. */
export function deleteItemOf(removed: RemovedImage): ImageDeleteItem {
  return 'untagged' in removed ? { Untagged: removed.untagged } : { Deleted: removed.deleted }
}
