import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf } from '@ct/image'
import { scanTree, type TreeTarget } from '@ct/native'
import { afterAll } from 'vitest'
import { applyLayer } from '../src/apply/apply-layer.ts'
import type { WhiteoutMode } from '../src/apply/layer-applier.ts'
import { chunked, collect } from './tar/archive.ts'

/** A temporary directory that goes away after the tests of the file; `sub` makes a fresh one in it. */
export function scratch(): { readonly root: string; readonly sub: () => string } {
  const root = mkdtempSync(join(tmpdir(), 'layerfs-'))
  let count = 0
  afterAll(() => rmSync(root, { recursive: true, force: true }))
  return {
    root,
    sub: () => {
      const path = join(root, String(count++))
      mkdirSync(path)
      return path
    },
  }
}

/** Lists a tree, one line an entry: type, mode, owner, content digest or target, and on demand the rest. */
export async function treeOf(target: TreeTarget, { exact = false } = {}): Promise<Record<string, string>> {
  const tree: Record<string, string> = {}
  const inodes = new Map<bigint, string>()
  for await (const entry of scanTree(target, { content: true })) {
    const path = Buffer.from(entry.path).toString('latin1')
    const words = [entry.type, entry.mode.toString(8), `${entry.uid}:${entry.gid}`]
    if (entry.content !== undefined) words.push(digestOf(await collect(entry.content)).slice(7, 15))
    if (entry.linkTarget !== undefined) words.push(`-> ${Buffer.from(entry.linkTarget).toString('latin1')}`)
    if (entry.type === 'char' || entry.type === 'block') words.push(`${entry.major}:${entry.minor}`)
    if (exact) {
      words.push(String(entry.mtimeNs))
      for (const [name, value] of entry.xattrs) if (!name.includes('.overlay.')) words.push(`${name}=${Buffer.from(value).toString('hex')}`)
      if (entry.nlink > 1 && entry.type !== 'directory') words.push(`= ${inodes.get(entry.ino) ?? path}`)
      if (!inodes.has(entry.ino)) inodes.set(entry.ino, path)
    }
    tree[path] = words.join(' ')
  }
  return tree
}

/** Applies an archive. */
export function apply(bytes: Uint8Array, path: string, whiteouts: WhiteoutMode = 'remove'): ReturnType<typeof applyLayer> {
  return applyLayer(chunked(bytes, 4096), { path }, { whiteouts })
}

/** The overlay mount of some layer directories, top first. */
export function overlayOf(...layers: readonly string[]): TreeTarget {
  return { mounts: [{ type: 'overlay', source: 'overlay', options: [`lowerdir=${layers.join(':')}`] }] }
}
