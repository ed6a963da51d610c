import type { MountAttribute, Propagation } from './plan.ts'

/** The options of one mount, parted by who takes them. */
export interface MountOptions {
  readonly set: readonly MountAttribute[]
  readonly clear: readonly MountAttribute[]
  /** Attributes for the mounts below, too. */
  readonly recursiveSet: readonly MountAttribute[]
  readonly recursiveClear: readonly MountAttribute[]
  readonly propagation?: Propagation | undefined
  /** Propagation of the mounts below, too. */
  readonly isPropagationRecursive: boolean
  /** For the file system: `key=value` or `flag`. */
  readonly data: readonly string[]
  readonly bind?: 'bind' | 'rbind' | undefined
  readonly copyUp: boolean
  /** Whether ids go through the maps of a user namespace: of this mount, or of those below it, too. */
  readonly idMap?: 'idmap' | 'ridmap' | undefined
}

const ATTRIBUTES = new Map<string, readonly ['set' | 'clear', MountAttribute]>(
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
    atime: ['clear', 'noatime'],
    relatime: ['set', 'relatime'],
    norelatime: ['clear', 'relatime'],
    strictatime: ['set', 'strictatime'],
    nostrictatime: ['clear', 'strictatime'],
    nodiratime: ['set', 'nodiratime'],
    diratime: ['clear', 'nodiratime'],
    nosymfollow: ['set', 'nosymfollow'],
    symfollow: ['clear', 'nosymfollow'],
  } as const),
)

const PROPAGATIONS = new Map<string, Propagation>(
  Object.entries({
    private: 'private',
    rprivate: 'private',
    shared: 'shared',
    rshared: 'shared',
    slave: 'slave',
    rslave: 'slave',
    unbindable: 'unbindable',
    runbindable: 'unbindable',
  } as const),
)

/** All options that are not for the file system, for `features`. */
export const MOUNT_OPTIONS: readonly string[] = [
  ...ATTRIBUTES.keys(),
  ...[...ATTRIBUTES.keys()].map((name) => `r${name}`),
  ...PROPAGATIONS.keys(),
  'bind',
  'defaults',
  'idmap',
  'rbind',
  'ridmap',
  'tmpcopyup',
].sort()

/**
 * Sorts the options of a mount as mount(8) and the runtime specification name them; of contradicting ones the last wins.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/config.md#linux-mount-options
 */
export function parseMountOptions(options: readonly string[]): MountOptions {
  const plain = { set: new Set<MountAttribute>(), clear: new Set<MountAttribute>() }
  const recursive = { set: new Set<MountAttribute>(), clear: new Set<MountAttribute>() }
  const data: string[] = []
  let propagation: Propagation | undefined
  let bind: 'bind' | 'rbind' | undefined
  let copyUp = false
  let idMap: 'idmap' | 'ridmap' | undefined
  let isPropagationRecursive = false
  for (const option of options) {
    const attribute = ATTRIBUTES.get(option)
    const below = option.startsWith('r') ? ATTRIBUTES.get(option.slice(1)) : undefined
    if (attribute !== undefined) change(plain, attribute)
    else if (below !== undefined) change(recursive, below)
    else if (PROPAGATIONS.has(option)) {
      propagation = PROPAGATIONS.get(option)
      isPropagationRecursive = option.startsWith('r')
    } else if (option === 'idmap' || option === 'ridmap') idMap = option
    else if (option === 'bind' || option === 'rbind') bind = option
    else if (option === 'tmpcopyup') copyUp = true
    else if (option !== 'defaults' && option !== 'remount') data.push(option)
  }
  return {
    set: [...plain.set],
    clear: [...plain.clear],
    recursiveSet: [...recursive.set],
    recursiveClear: [...recursive.clear],
    propagation,
    isPropagationRecursive,
    data,
    bind,
    copyUp,
    idMap,
  }
}

type Changes = Readonly<Record<'set' | 'clear', Set<MountAttribute>>>

function change(changes: Changes, [how, attribute]: readonly ['set' | 'clear', MountAttribute]): void {
  changes[how].add(attribute)
  changes[how === 'set' ? 'clear' : 'set'].delete(attribute)
}
