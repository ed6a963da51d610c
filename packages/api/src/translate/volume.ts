import type { VolumeRecord } from '@ct/engine'
import type { Volume } from '../wire/volume.ts'

const ANONYMOUS_LABEL = 'com.docker.volume.anonymous'

/** A volume as `docker volume inspect` shows it. */
export function volumeOf(record: VolumeRecord): Volume {
  const labels = record.anonymous ? { ...record.labels, [ANONYMOUS_LABEL]: '' } : record.labels
  return {
    Name: record.name,
    Driver: record.driver,
    Mountpoint: record.mountpoint,
    CreatedAt: record.createdAt,
    Labels: orNull(labels),
    Scope: 'local',
    Options: orNull(record.options),
  }
}

function orNull(words: Readonly<Record<string, string>>): Readonly<Record<string, string>> | null {
  return Object.keys(words).length === 0 ? null : words
}
