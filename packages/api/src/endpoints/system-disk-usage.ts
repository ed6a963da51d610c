import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import { containerSummariesOf } from '../translate/container-summaries.ts'
import { imageSummaryOf } from '../translate/image.ts'
import { volumeOf } from '../translate/volume.ts'
import type { DiskUsage } from '../wire/system.ts'

/** What lies on the disk. */
export const systemDiskUsage = {
  method: 'GET',
  path: '/system/df',
  summary: 'What lies on the disk.',
  query: { type: 'strings' },
  answer: 'json' as JsonAnswer<DiskUsage>,
} as const satisfies Endpoint

export const systemDiskUsageHandler: Handler<typeof systemDiskUsage> = async ({ engine, query }) => {
  const wants = (type: string): boolean => query.type === undefined || query.type.includes(type)
  const usage = await engine.diskUsage()
  const volumes = new Map(usage.volumes.map((volume) => [volume.name, volume]))
  return {
    LayersSize: usage.layersBytes,
    Images: wants('image') ? (await engine.images.list()).map(imageSummaryOf) : null,
    Containers: wants('container') ? await containerSummariesOf(engine, engine.containers.list({ all: true }), { size: true }) : null,
    Volumes: wants('volume')
      ? engine.volumes.list().map((record) => {
          const { sizeBytes = -1, containers = -1 } = volumes.get(record.name) ?? {}
          return { ...volumeOf(record), UsageData: { Size: sizeBytes, RefCount: containers } }
        })
      : null,
    BuildCache: wants('build-cache') ? [] : null,
  }
}
