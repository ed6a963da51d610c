import { readdir } from 'node:fs/promises'
import type { Mount, OverlaySnapshotter } from '@ct/layerfs'
import type { ContainerMount } from '../containers/container-record.ts'
import { copyTree } from './copy-tree.ts'

/** Gives each new volume what the container's image has at the volume's place, as docker does. */
export async function fillNewVolumes(
  snapshotter: OverlaySnapshotter,
  containerId: string,
  volumes: readonly ContainerMount[],
): Promise<void> {
  if (volumes.length === 0) return
  const mounts: readonly Mount[] = await snapshotter.mounts(containerId)
  for (const { source, target } of volumes) {
    if ((await readdir(source)).length > 0) continue
    await copyTree({ mounts }, { path: source }, target)
  }
}
