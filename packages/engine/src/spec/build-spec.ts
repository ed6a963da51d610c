import { defaultSpec, type LinuxSeccomp, type ResolvedUser, type Spec, type SpecMount, validateSpec } from '@ct/runtime-linux'
import type { ContainerRecord } from '../containers/container-record.ts'
import { invalid } from '../errors.ts'
import { containerCapabilities } from './container-capabilities.ts'
import { containerDevices, hostDevices } from './container-devices.ts'
import { containerMounts } from './container-mounts.ts'
import { containerNamespaces, type FindContainer } from './container-namespaces.ts'
import { containerProcess } from './container-process.ts'
import { containerResources } from './container-resources.ts'

/** What {@link buildSpec} needs beside the record. */
export interface SpecFacts {
  readonly user: ResolvedUser
  readonly find: FindContainer
}

/** The runtime spec of a container: docker's defaults, and everything that its own spec says. */
export function buildSpec(record: ContainerRecord, { user, find }: SpecFacts): Spec {
  const { spec } = record
  const process = containerProcess(record, user)
  const capabilities = containerCapabilities(spec.security)
  const base = defaultSpec({ args: process.args, capabilities, shmSizeBytes: spec.shmSizeBytes })
  const { privileged = false, readOnlyRootfs = false } = spec.security
  const extra = privileged ? hostDevices() : containerDevices(spec.devices ?? [])
  const resources = containerResources(spec.resources)
  const hasOwnNames = (spec.namespaces.uts ?? 'private') === 'private'
  return {
    ...base,
    root: { path: 'rootfs', readonly: readOnlyRootfs },
    process,
    ...(hasOwnNames && { hostname: spec.hostname, ...(spec.domainName !== '' && { domainname: spec.domainName }) }),
    mounts: allMounts(base.mounts ?? [], record),
    linux: {
      ...base.linux,
      namespaces: containerNamespaces(spec, find),
      devices: extra.devices,
      resources: { ...base.linux?.resources, ...resources, devices: [...(base.linux?.resources?.devices ?? []), ...extra.rules] },
      sysctl: { ...defaultSysctls(spec), ...spec.sysctls },
      seccomp: seccomp(record, base.linux?.seccomp),
      maskedPaths: spec.security.maskedPaths ?? (privileged ? [] : base.linux?.maskedPaths),
      readonlyPaths: spec.security.readonlyPaths ?? (privileged ? [] : base.linux?.readonlyPaths),
    },
  }
}

function allMounts(defaults: readonly SpecMount[], record: ContainerRecord): SpecMount[] {
  const own = containerMounts(record)
  const replaced = new Set(own.map(({ destination }) => destination))
  const kept = defaults.filter(({ destination }) => !replaced.has(destination)).map((mount) => adjusted(mount, record))
  return [...kept, ...own]
}

/** A default mount as this container has it: the host's shared memory with its ipc namespace, and a writable /sys where it is privileged. */
function adjusted(mount: SpecMount, { spec }: ContainerRecord): SpecMount {
  const options = mount.options ?? []
  if (mount.destination === '/dev/shm' && spec.namespaces.ipc === 'host') {
    return { destination: '/dev/shm', type: 'bind', source: '/dev/shm', options: ['rbind', 'rprivate'] }
  }
  if (spec.security.privileged === true && (mount.type === 'sysfs' || mount.type === 'cgroup')) {
    return { ...mount, options: options.map((option) => (option === 'ro' ? 'rw' : option)) }
  }
  return mount
}

/** In a network namespace of its own nobody is disturbed by low ports and pings without privilege. */
function defaultSysctls({ network }: ContainerRecord['spec']): Readonly<Record<string, string>> {
  const isOwn = network.mode !== 'host' && !network.mode.startsWith('container:')
  return isOwn ? { 'net.ipv4.ip_unprivileged_port_start': '0', 'net.ipv4.ping_group_range': '0 2147483647' } : {}
}

function seccomp({ spec }: ContainerRecord, builtIn: LinuxSeccomp | undefined): LinuxSeccomp | undefined {
  const { seccomp: profile = 'default', privileged = false } = spec.security
  if (profile === 'unconfined' || (privileged && profile === 'default')) return undefined
  if (profile === 'default' || profile === 'builtin') return builtIn
  try {
    const checked = validateSpec({ ociVersion: '1.0.2', linux: { seccomp: JSON.parse(profile) } })
    return checked.linux?.seccomp
  } catch (error) {
    throw invalid(`opening seccomp profile failed: ${error instanceof Error ? error.message : String(error)}`)
  }
}
