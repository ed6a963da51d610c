import { parseMountOptions } from './mount-options.ts'
import type { Mount, MountAttribute, MountAttributes, Propagation } from './plan.ts'
import type { MessageWriter } from './wire.ts'

/** MOUNT_ATTR_* of linux/mount.h. The three access time modes are values of one field, whose mask is {@link ACCESS_TIME}. */
const ATTRIBUTES: Readonly<Record<MountAttribute, number>> = {
  rdonly: 0x1,
  nosuid: 0x2,
  nodev: 0x4,
  noexec: 0x8,
  relatime: 0x0,
  noatime: 0x10,
  strictatime: 0x20,
  nodiratime: 0x80,
  nosymfollow: 0x20_0000,
}
const ACCESS_TIME = 0x70

/** MS_* of linux/mount.h. */
const PROPAGATION: Readonly<Record<Propagation, number>> = {
  unbindable: 1 << 17,
  private: 1 << 18,
  slave: 1 << 19,
  shared: 1 << 20,
}

/** Writes what `ct_attributes_of` reads. */
export function writeAttributes(writer: MessageWriter, { set = [], clear = [], propagation, recursive }: MountAttributes): void {
  const isAccessTime = (name: MountAttribute): boolean => name === 'relatime' || name === 'noatime' || name === 'strictatime'
  const bits = (names: readonly MountAttribute[]): number => names.reduce((sum, name) => sum | ATTRIBUTES[name], 0)
  const changesAccessTime = [...set, ...clear].some(isAccessTime)
  writer.u64(bits(set)).u64(bits(clear.filter((name) => !isAccessTime(name))) | (changesAccessTime ? ACCESS_TIME : 0))
  writer.u64(propagation === undefined ? 0 : PROPAGATION[propagation]).boolean(recursive)
}

/** A mount with its options parted into attributes and what the file system gets. */
export interface PartedMount {
  /** File system type; empty: a bind of `source`. */
  readonly type: string
  readonly source: string
  /** fsconfig(2) strings. */
  readonly data: readonly string[]
  /** Of a bind: with the mounts below. */
  readonly recursive: boolean
  readonly attributes: MountAttributes
}

/** Writes what `ct_mount_of` reads. */
export function writePartedMount(writer: MessageWriter, { type, source, data, recursive, attributes }: PartedMount): void {
  writer.string(type).string(source).strings(data).string(mountPage(type, data)).boolean(recursive)
  writeAttributes(writer, attributes)
}

/** Writes what `ct_mount_of` reads, of a mount as snapshots have it. */
export function writeMount(writer: MessageWriter, { type, source, options }: Mount): void {
  const { bind = type === 'bind' || type === 'rbind' ? type : undefined, data, set, clear, ...others } = parseMountOptions(options)
  if (bind !== undefined && data[0] !== undefined) throw new TypeError(`a bind mount of ${source} takes no option ${data[0]}`)
  if (others.propagation || others.idMap || others.copyUp || others.recursiveSet.length + others.recursiveClear.length > 0) {
    throw new TypeError(`the mount of ${source} takes no option that changes it once it is attached: ${options.join(',')}`)
  }
  writePartedMount(writer, {
    type: bind === undefined ? type : '',
    source,
    data: data.flatMap((option) => fileSystemOption(type, option)),
    recursive: type === 'rbind' || bind === 'rbind',
    attributes: { set, clear },
  })
}

/** An overlay's layers are given one by one: fsconfig(2) takes at most 255 bytes for a value. */
function fileSystemOption(type: string, option: string): readonly string[] {
  if (type !== 'overlay' || !option.startsWith('lowerdir=')) return [option]
  const layers = option.slice('lowerdir='.length).match(/(?:\\.|[^:\\])+/gs) ?? []
  return layers.map((layer) => `lowerdir+=${layer.replace(/\\(.)/gs, '$1')}`)
}

const PAGE_BYTES = 4096
const LAYER = 'lowerdir+='

/** What mount(2) takes for an overlay: before 6.5 its layers, which stand together, are one option. Empty when it does not fit. */
export function mountPage(type: string, data: readonly string[]): string {
  if (type !== 'overlay') return ''
  const escaped = (text: string, signs: RegExp) => text.replace(signs, '\\$&')
  const layers = data.filter((option) => option.startsWith(LAYER)).map((option) => escaped(option.slice(LAYER.length), /[\\,:]/g))
  const others = data.filter((option) => !option.startsWith(LAYER)).map((option) => escaped(option, /[\\,]/g))
  const page = [...(layers.length > 0 ? [`lowerdir=${layers.join(':')}`] : []), ...others].join(',')
  return Buffer.byteLength(page) < PAGE_BYTES ? page : ''
}
