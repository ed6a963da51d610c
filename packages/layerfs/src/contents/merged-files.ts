import { isBelow, layerPath, parentOf, pathBytes, ROOT, showPath } from '../apply/layer-path.ts'
import { readLayerName } from '../apply/whiteout.ts'
import type { TarHeader } from '../tar/tar-header.ts'
import type { ImageFile } from './image-file.ts'
import { resolvePath } from './resolve-path.ts'

/** Where the content of a file is: the entry with a number, in a layer. */
export interface ContentPlace {
  readonly layer: number
  readonly entry: number
}

/** A file, and where its content is. */
export interface PlacedFile {
  readonly file: ImageFile
  readonly place: ContentPlace
  /** Of a directory: all that its entry says. */
  readonly header?: TarHeader | undefined
}

/** The files of a stack of layers. */
export interface MergedTree {
  /** By path, as bytes in Latin-1. */
  readonly files: ReadonlyMap<string, PlacedFile>
  /** Directories that no entry speaks of: something is in them, or was. */
  readonly implied: ReadonlySet<string>
}

/** Puts the entries of layers on top of each other as unpacking them would, without writing anything. */
export class MergedFiles {
  /** By path, as bytes in Latin-1. */
  readonly visible = new Map<string, PlacedFile>()
  readonly hidden: ImageFile[] = []
  readonly #children = new Map<string, Set<string>>()
  /** Whiteouts hide only what the layers below have: they are carried out before the entries that came with them. */
  #pending: [path: string, placed: PlacedFile][] = []
  /** The last of those at a path, for the hard links that follow. */
  readonly #brought = new Map<string, PlacedFile>()
  #layer = -1
  #entries = 0

  /** What there is now, which more layers do not change. */
  snapshot(): MergedTree {
    const paths = [...this.#children.values()].flatMap((children) => [...children])
    return { files: new Map(this.visible), implied: new Set(paths.filter((path) => !this.visible.has(path))) }
  }

  /** Begins the next layer up. */
  beginLayer(): void {
    this.endLayer()
    this.#layer++
    this.#entries = 0
  }

  add(header: TarHeader): void {
    const path = layerPath(header.path)
    const entry = this.#entries++
    const name = readLayerName(path)
    const isDeviceWhiteout = header.type === 'char' && header.major === 0 && header.minor === 0
    if (name.is === 'whiteout' || isDeviceWhiteout) this.#hide(this.#placeOf(name.is === 'whiteout' ? name.path : path))
    else if (name.is === 'opaque') this.#hideBelow(this.#placeOf(name.path))
    else if (name.is === 'entry') this.#bring(header, path, entry)
  }

  /** Carries out what the layer has; to be called after the last one. */
  endLayer(): void {
    for (const [path, placed] of this.#pending) {
      const at = this.#placeOf(path)
      const file = at === path ? placed.file : { ...placed.file, path: showPath(at), pathBytes: pathBytes(at) }
      this.#put(at, { ...placed, file })
    }
    this.#pending = []
    this.#brought.clear()
  }

  #bring(header: TarHeader, path: string, entry: number): void {
    const isLinkToItself = header.type === 'hard-link' && layerPath(header.linkTarget ?? new Uint8Array(0)) === path
    if (isLinkToItself) return
    const placed = this.#placed(header, path, entry)
    this.#pending.push([path, placed])
    this.#brought.set(path, placed)
  }

  #placed(header: TarHeader, path: string, entry: number): PlacedFile {
    const { mode, uid, gid, sizeBytes, type, linkTarget } = header
    const base = { path: showPath(path), pathBytes: pathBytes(path), mode, uid, gid, layer: this.#layer }
    const place = { layer: this.#layer, entry }
    if (type !== 'hard-link') {
      const target = type === 'symlink' && linkTarget !== undefined ? Buffer.from(linkTarget).toString('utf8') : undefined
      const file: ImageFile = { ...base, type, sizeBytes, ...(target !== undefined && { linkTarget: target }) }
      return type === 'directory' ? { file, place, header } : { file, place }
    }
    const existing = layerPath(linkTarget ?? new Uint8Array(0))
    const other = this.#brought.get(existing) ?? this.visible.get(this.#placeOf(existing))
    const file: ImageFile = { ...base, type: 'file', sizeBytes: 0, linkedTo: showPath(existing) }
    return other === undefined ? { file, place } : { file: { ...file, type: other.file.type }, place: other.place }
  }

  /** Where an entry goes whose directories may be links of what is there already. */
  #placeOf(path: string): string {
    return resolvePath(path, (at) => linkOf(this.visible.get(at)), { followsLast: false }) ?? path
  }

  #put(path: string, placed: PlacedFile): void {
    const isDirectory = placed.file.type === 'directory'
    if (!isDirectory || (this.visible.get(path)?.file.type ?? 'directory') !== 'directory') this.#hide(path)
    this.visible.set(path, placed)
    if (path === ROOT) return
    const parent = parentOf(path)
    this.#children.set(parent, (this.#children.get(parent) ?? new Set()).add(path))
    this.#implyParents(parent)
  }

  /** A directory that no entry speaks of has children all the same. */
  #implyParents(path: string): void {
    for (let at = path; at !== ROOT; at = parentOf(at)) {
      const siblings = this.#children.get(parentOf(at)) ?? new Set<string>()
      if (siblings.has(at)) return
      this.#children.set(parentOf(at), siblings.add(at))
    }
  }

  #hide(path: string): void {
    this.#hideBelow(path)
    const placed = this.visible.get(path)
    if (placed !== undefined) this.hidden.push({ ...placed.file, hiddenBy: this.#layer })
    this.visible.delete(path)
    this.#children.get(parentOf(path))?.delete(path)
  }

  #hideBelow(directory: string): void {
    const children = [...(this.#children.get(directory) ?? [])].filter((child) => isBelow(child, directory))
    for (const child of children) this.#hide(child)
  }
}

/** Where a symbolic link points, as bytes in Latin-1. */
export function linkOf(placed: PlacedFile | undefined): string | undefined {
  const target = placed?.file.linkTarget
  return target === undefined ? undefined : Buffer.from(target).toString('latin1')
}
