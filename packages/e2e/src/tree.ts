import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { output } from './command.ts'

const judge = fileURLToPath(new URL('../fixtures/tree.py', import.meta.url))

/**
 * What a directory holds, path by path, as an independent program reads it. The directory itself is not among it: the layers of most
 * images say nothing of `/`, and each engine has its own idea (docker the time of unpacking, podman the mode 0555).
 */
export async function readTree(directory: string): Promise<ReadonlyMap<string, string>> {
  const lines = (await output(['python3', judge, directory])).split('\n').filter((line) => line !== '')
  return new Map(lines.map((line) => [(JSON.parse(line) as { path: string }).path, line]))
}

/** Paths that differ between two trees, with what each side has there. */
export function differences(ours: ReadonlyMap<string, string>, theirs: ReadonlyMap<string, string>): readonly string[] {
  const paths = [...new Set([...ours.keys(), ...theirs.keys()])].sort()
  return paths
    .filter((path) => ours.get(path) !== theirs.get(path))
    .map((path) => `${ours.get(path) ?? '(absent)'}\n${theirs.get(path) ?? '(absent)'}`)
}

/** Mounts the lower directories that docker's `GraphDriver.Data` names, read-only, and reads the tree. */
export async function readOverlay(lowerDirectories: readonly string[], mountPoint: string): Promise<ReadonlyMap<string, string>> {
  await mkdir(mountPoint, { recursive: true })
  const [only] = lowerDirectories
  const single = lowerDirectories.length === 1 && only !== undefined
  await output(
    single
      ? ['mount', '--bind', only, mountPoint]
      : ['mount', '-t', 'overlay', 'overlay', '-o', `ro,lowerdir=${lowerDirectories.join(':')}`, mountPoint],
  )
  try {
    return await readTree(mountPoint)
  } finally {
    await output(['umount', mountPoint])
  }
}
