import type { SpecMount } from '../spec/mount.ts'
import type { Spec } from '../spec/spec.ts'

/** The user who is to run the container. */
interface Owner {
  readonly uid: number
  readonly gid: number
}

/**
 * Changes a spec so that a user without privileges can run it: root of a user namespace is that user; the network stays
 * the host's, and with it /sys; there are no limits, and no mount options with ids that the namespace does not have.
 */
export function rootlessSpec(spec: Spec, { uid, gid }: Owner): Spec {
  const kept = (spec.linux?.namespaces ?? []).filter(({ type }) => type !== 'network' && type !== 'user')
  const sys: SpecMount = { destination: '/sys', type: 'none', source: '/sys', options: ['rbind', 'nosuid', 'noexec', 'nodev', 'rro'] }
  return {
    ...spec,
    mounts: [...(spec.mounts ?? []).filter(({ destination }) => !destination.startsWith('/sys')).map(withoutIds), sys],
    linux: {
      ...spec.linux,
      namespaces: [...kept, { type: 'user' }],
      uidMappings: [{ containerID: 0, hostID: uid, size: 1 }],
      gidMappings: [{ containerID: 0, hostID: gid, size: 1 }],
      resources: undefined,
    },
  }
}

function withoutIds(mount: SpecMount): SpecMount {
  return { ...mount, options: mount.options?.filter((option) => !/^[ug]id=/.test(option)) }
}
