import { writeMount } from './mount.ts'
import type { Mount } from './plan.ts'
import type { MessageWriter } from './wire.ts'

/**
 * The tree that a {@link TreeWriter} or {@link scanTree} is confined to: a directory of the host, or a stack of mounts
 * (each on top of the one before), made in a mount namespace of the helper and never visible on the host.
 */
export type TreeTarget = { readonly path: string } | { readonly mounts: readonly Mount[] }

const TARGET_PATH = 1
const TARGET_MOUNTS = 2

/** Writes the operation that names the target of `apply` and `scan`. */
export function writeTarget(writer: MessageWriter, target: TreeTarget): void {
  if ('path' in target) {
    if (!target.path.startsWith('/')) throw new TypeError(`the path of a tree target must be absolute: ${JSON.stringify(target.path)}`)
    writer.operation(TARGET_PATH).string(target.path)
    return
  }
  if (target.mounts.length === 0) throw new TypeError('a tree target needs at least one mount')
  writer.operation(TARGET_MOUNTS).list(target.mounts, (mount) => writeMount(writer, mount))
}

/** The target as it is named in messages for people. */
export function describeTarget(target: TreeTarget): string {
  if ('path' in target) return target.path
  return target.mounts.map(({ type, source }) => `${type} ${source}`).join(', ')
}
