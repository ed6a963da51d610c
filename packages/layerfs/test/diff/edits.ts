import { openTreeWriter, type TreeTarget } from '@ct/native'
import fc from 'fast-check'

/** A change to a tree; one that is not possible in it is left out. */
export interface Edit {
  readonly kind: 'file' | 'directory' | 'symlink' | 'fifo' | 'hard-link' | 'remove' | 'mode'
  readonly path: string
  readonly other: string
  readonly mode: number
  readonly mtimeNs: bigint
  readonly content: Uint8Array
}

const path = fc.array(fc.constantFrom('a', 'b', 'c', '\xe9'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
/** Any edit. */
export const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom<Edit['kind']>('file', 'file', 'directory', 'directory', 'symlink', 'fifo', 'hard-link', 'remove', 'remove', 'mode'),
  path,
  other: path,
  mode: fc.constantFrom(0o644, 0o755, 0o4711, 0o1777, 0o600),
  mtimeNs: fc.bigInt({ min: -1_000_000_000_000_000_000n, max: 4_000_000_000_000_000_000n }),
  content: fc.uint8Array({ maxLength: 600 }),
})

/** Makes the edits, and keeps account of what is there in `model`. */
export async function perform(target: TreeTarget, edits: readonly Edit[], model: Map<string, string>): Promise<void> {
  await using writer = await openTreeWriter(target)
  const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')
  const drop = (text: string): void => {
    for (const key of model.keys()) if (key === text || key.startsWith(`${text}/`)) model.delete(key)
  }
  for (const { kind, path: at, other, mode, mtimeNs, content } of edits) {
    const parent = at.slice(0, Math.max(0, at.lastIndexOf('/')))
    const meta = {
      mode,
      uid: mode & 7,
      gid: 5,
      mtimeNs,
      xattrs: mode === 0o755 && (kind === 'file' || kind === 'directory') ? ([['user.k', content]] as const) : [],
    }
    if (parent !== '' && model.get(parent) !== 'directory') continue
    if (kind === 'remove') {
      writer.remove(bytes(at))
      drop(at)
      continue
    }
    if (kind === 'mode') {
      if (model.get(at) === 'file' || model.get(at) === 'directory') writer.setMeta(bytes(at), { ...meta, xattrs: [] })
      continue
    }
    if (kind === 'hard-link') {
      if (model.get(other) !== 'file' || at === other || model.get(at) === 'directory') continue
      writer.hardLink(bytes(at), bytes(other))
      model.set(at, 'file')
      continue
    }
    if (kind !== 'directory' || model.get(at) !== 'directory') drop(at)
    if (kind === 'file') {
      writer.file(bytes(at), meta, content.length)
      writer.write(content)
    } else if (kind === 'directory') writer.directory(bytes(at), meta)
    else if (kind === 'symlink') writer.symlink(bytes(at), bytes(other), meta)
    else writer.node(bytes(at), meta, { type: 'fifo' })
    model.set(at, kind)
  }
  await writer.finish()
}

/** Edits by kind and path. */
export function edits(...list: readonly (readonly [Edit['kind'], string])[]): Edit[] {
  return list.map(([kind, at]) => ({ kind, path: at, other: 'd/f', mode: 0o755, mtimeNs: 5_000_000_007n, content: Buffer.from('') }))
}
