import type { Mount, MountAttribute, MountAttributes } from './plan.ts'
import type { MessageWriter } from './wire.ts'

/** MOUNT_ATTR_* of linux/mount.h. The three access time modes are values of one field, whose mask is {@link ACCESS_TIME}. */
const ATTRIBUTES: Readonly<Record<MountAttribute, bigint>> = {
  rdonly: 0x1n,
  nosuid: 0x2n,
  nodev: 0x4n,
  noexec: 0x8n,
  relatime: 0x0n,
  noatime: 0x10n,
  strictatime: 0x20n,
  nodiratime: 0x80n,
  nosymfollow: 0x20_0000n,
}
const ACCESS_TIME = 0x70n

/** The options of mount(8) that are attributes of the mount; what is not here goes to the file system. */
const OPTIONS = new Map<string, readonly ['set' | 'clear', MountAttribute]>(
  Object.entries({
    ro: ['set', 'rdonly'],
    rw: ['clear', 'rdonly'],
    nosuid: ['set', 'nosuid'],
    suid: ['clear', 'nosuid'],
    nodev: ['set', 'nodev'],
    dev: ['clear', 'nodev'],
    noexec: ['set', 'noexec'],
    exec: ['clear', 'noexec'],
    noatime: ['set', 'noatime'],
    relatime: ['set', 'relatime'],
    strictatime: ['set', 'strictatime'],
    nodiratime: ['set', 'nodiratime'],
    diratime: ['clear', 'nodiratime'],
    nosymfollow: ['set', 'nosymfollow'],
    symfollow: ['clear', 'nosymfollow'],
  } as const),
)
const IGNORED = new Set(['defaults', 'bind', 'rbind'])

/** Writes what `ct_attributes_of` reads. */
export function writeAttributes(writer: MessageWriter, { set = [], clear = [], recursive }: MountAttributes): void {
  const isAccessTime = (name: MountAttribute): boolean => name === 'relatime' || name === 'noatime' || name === 'strictatime'
  const bits = (names: readonly MountAttribute[]): bigint => names.reduce((sum, name) => sum | ATTRIBUTES[name], 0n)
  const changesAccessTime = [...set, ...clear].some(isAccessTime)
  writer.u64(bits(set)).u64(bits(clear.filter((name) => !isAccessTime(name))) | (changesAccessTime ? ACCESS_TIME : 0n))
  writer.boolean(recursive)
}

/** Writes what `ct_mount_of` reads: the options of mount(8) parted into attributes and what the file system gets. */
export function writeMount(writer: MessageWriter, { type, source, options }: Mount): void {
  const isBind = type === 'bind' || type === 'rbind' || options.includes('bind') || options.includes('rbind')
  const recursive = type === 'rbind' || options.includes('rbind')
  const data: string[] = []
  const attributes = { set: new Set<MountAttribute>(), clear: new Set<MountAttribute>() }
  for (const option of options) {
    const attribute = OPTIONS.get(option)
    if (attribute) {
      const [change, name] = attribute
      attributes[change].add(name)
      attributes[change === 'set' ? 'clear' : 'set'].delete(name)
    } else if (!IGNORED.has(option)) data.push(...fileSystemOption(type, option))
  }
  if (isBind && data.length > 0) throw new TypeError(`a bind mount of ${source} takes no option ${data[0]}`)
  writer
    .string(isBind ? '' : type)
    .string(source)
    .strings(data)
    .boolean(recursive)
  writeAttributes(writer, { set: [...attributes.set], clear: [...attributes.clear] })
}

/** An overlay's layers are given one by one: fsconfig(2) takes at most 255 bytes for a value. */
function fileSystemOption(type: string, option: string): readonly string[] {
  if (type !== 'overlay' || !option.startsWith('lowerdir=')) return [option]
  const layers = option.slice('lowerdir='.length).match(/(?:\\.|[^:\\])+/gs) ?? []
  return layers.map((layer) => `lowerdir+=${layer.replace(/\\(.)/gs, '$1')}`)
}
