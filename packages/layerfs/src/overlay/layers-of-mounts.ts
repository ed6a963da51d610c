import { LayerfsError } from '../errors.ts'
import type { Mount } from '../mount.ts'

/**
 * The directories that a root file system is made of, top first.
 * @throws LayerfsError `LAYERFS_MOUNT_UNSUPPORTED` for anything but one bind or overlay mount
 */
export function layersOfMounts(mounts: readonly Mount[]): readonly string[] {
  const [mount] = mounts
  if (mounts.length === 1 && mount !== undefined) {
    if (mount.type === 'bind' || mount.options.some((option) => option === 'bind' || option === 'rbind')) return [mount.source]
    if (mount.type === 'overlay') return [...valuesOf(mount, 'upperdir='), ...valuesOf(mount, 'lowerdir=').flatMap(splitDirectories)]
  }
  throw new LayerfsError(
    'LAYERFS_MOUNT_UNSUPPORTED',
    `cannot look into mounts of type ${mounts.map(({ type }) => type).join(', ') || 'none'}`,
    {
      kind: 'unsupported',
      hint: 'a root file system is one bind or overlay mount',
    },
  )
}

function valuesOf({ options }: Mount, prefix: string): string[] {
  return options.filter((option) => option.startsWith(prefix)).map((option) => option.slice(prefix.length))
}

/** Directories are separated by colons; a backslash makes a colon part of a name. */
function splitDirectories(text: string): string[] {
  return text.split(/(?<!\\):/).map((directory) => directory.replaceAll('\\:', ':'))
}
