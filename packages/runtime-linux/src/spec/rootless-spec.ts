import { getegid, geteuid } from 'node:process'
import { subordinateIds } from '../users/subordinate-ids.ts'
import type { LinuxIdMapping } from './linux.ts'
import type { SpecMount } from './mount.ts'
import type { Spec } from './spec.ts'

/**
 * Changes a spec so that the user who runs this program can run it without privileges: root of a user namespace is that
 * user, the ids after it are those that /etc/subuid and /etc/subgid give them, if any (newuidmap and newgidmap map them);
 * the network stays the host's, and with it /sys; there are no limits, and no mount options with ids.
 */
export function rootlessSpec(spec: Spec): Spec {
  const kept = (spec.linux?.namespaces ?? []).filter(({ type }) => type !== 'network' && type !== 'user')
  // Read-only with all that is below: the cgroups in it may be the user's own.
  const sys: SpecMount = { destination: '/sys', type: 'none', source: '/sys', options: ['rbind', 'nosuid', 'noexec', 'nodev', 'rro'] }
  return {
    ...spec,
    mounts: [...(spec.mounts ?? []).filter(({ destination }) => !destination.startsWith('/sys')).map(withoutIds), sys],
    linux: { ...spec.linux, namespaces: [...kept, { type: 'user' }], ...ownMappings(), resources: undefined },
  }
}

function ownMappings() {
  const { uids, gids } = subordinateIds()
  const isBoth = uids !== undefined && gids !== undefined
  return {
    uidMappings: mappings(geteuid?.() ?? 0, isBoth ? uids : undefined),
    gidMappings: mappings(getegid?.() ?? 0, isBoth ? gids : undefined),
  }
}

function mappings(own: number, range: { readonly first: number; readonly count: number } | undefined): LinuxIdMapping[] {
  const root = { containerID: 0, hostID: own, size: 1 }
  return range === undefined ? [root] : [root, { containerID: 1, hostID: range.first, size: range.count }]
}

function withoutIds(mount: SpecMount): SpecMount {
  return { ...mount, options: mount.options?.filter((option) => !/^[ug]id=/.test(option)) }
}
