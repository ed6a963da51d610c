import { ROOT } from '../apply/layer-path.ts'

const MOST_LINKS = 40

/** Tells where a symbolic link at a path points; `undefined` for everything else. */
export type LinkAt = (path: string) => string | undefined

/**
 * The path, as bytes in Latin-1, that another stands for when the symbolic links on the way are followed, as in a container: none leads
 * above the root. `undefined` when there are too many of them.
 */
export function resolvePath(path: string, linkAt: LinkAt, { followsLast }: { readonly followsLast: boolean }): string | undefined {
  let left = partsOf(path)
  let at = ROOT
  for (let links = 0; ; ) {
    const part = left.shift()
    if (part === undefined) return at
    const next = at === ROOT ? part : `${at}/${part}`
    const target = part === '..' || (left.length === 0 && !followsLast) ? undefined : linkAt(next)
    if (part === '..') at = at.includes('/') ? at.slice(0, at.lastIndexOf('/')) : ROOT
    else if (target === undefined) at = next
    else if (links++ === MOST_LINKS) return undefined
    else {
      left = [...partsOf(target), ...left]
      if (target.startsWith('/')) at = ROOT
    }
  }
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.')
}
