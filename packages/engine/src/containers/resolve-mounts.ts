import { existsSync } from 'node:fs'
import { posix } from 'node:path'
import { EngineError, invalid } from '../errors.ts'
import type { VolumeStore } from '../volumes/volume-store.ts'
import type { ContainerMount, ContainerRecord, ResolvedContainerSpec } from './container-record.ts'
import type { BindMountSpec, MountSpec, TmpfsMountSpec, VolumeMountSpec } from './container-spec.ts'

/** What {@link resolveMounts} looks things up in. */
export interface MountSources {
  readonly volumes: VolumeStore
  container(idOrName: string): ContainerRecord
}

/**
 * Turns the mounts that a container is to have into the mounts that it has: named volumes are made on first use, one
 * without a name for each other, and one for each volume of the image that nothing else covers. `ENGINE_BAD_MOUNT`.
 */
export async function resolveMounts(spec: ResolvedContainerSpec, sources: MountSources): Promise<ContainerMount[]> {
  const byTarget = new Map<string, ContainerMount>()
  const asked = (spec.mounts ?? []).map((mount) => ({ mount, target: checkTarget(mount) }))
  const targets = asked.map(({ target }) => target)
  const twice = targets.find((target, index) => targets.indexOf(target) !== index)
  if (twice !== undefined) throw invalid(`Duplicate mount point: ${twice}`)
  for (const { mount } of asked) checkSource(mount)
  for (const { mount, target } of asked) byTarget.set(target, await resolveMount(mount, target, sources.volumes))
  for (const other of spec.volumesFrom ?? []) {
    for (const mount of mountsOf(other, sources)) if (!byTarget.has(mount.target)) byTarget.set(mount.target, mount)
  }
  for (const path of spec.imageVolumes) {
    const target = posix.normalize(`/${path}`).replace(/(.)\/$/, '$1')
    if (!byTarget.has(target)) byTarget.set(target, await volumeMount({ type: 'volume', target }, target, sources.volumes))
  }
  // Parents first, so that a mount below another one is not hidden by it.
  return [...byTarget.values()].sort((a, b) => (a.target < b.target ? -1 : 1))
}

function checkTarget({ type, target }: MountSpec): string {
  const clean = posix.normalize(target).replace(/(.)\/$/, '$1')
  if (!target.startsWith('/')) throw badMount(type, `mount path must be absolute: '${target}'`)
  if (clean === '/') throw badMount(type, "destination can't be '/'")
  return clean
}

function checkSource(mount: MountSpec): void {
  if (mount.type !== 'bind') return
  if (!mount.source.startsWith('/')) throw badMount('bind', `mount path must be absolute: '${mount.source}'`)
  if (mount.createSource !== true && !existsSync(mount.source)) throw missingSource(mount.source)
}

function resolveMount(mount: MountSpec, target: string, volumes: VolumeStore): Promise<ContainerMount> | ContainerMount {
  if (mount.type === 'bind') return bindMount(mount, target)
  return mount.type === 'tmpfs' ? tmpfsMount(mount, target) : volumeMount(mount, target, volumes)
}

function bindMount(mount: BindMountSpec, target: string): ContainerMount {
  const { source, readOnly = false, propagation = 'rprivate', nonRecursive = false, createSource = false } = mount
  return { type: 'bind', source: posix.normalize(source), target, readOnly, propagation, nonRecursive, createSource, anonymous: false }
}

function tmpfsMount({ sizeBytes, mode = 0o1777, options = [], readOnly = false }: TmpfsMountSpec, target: string): ContainerMount {
  const opposite: Readonly<Record<string, string>> = { noexec: 'exec', nosuid: 'suid', nodev: 'dev' }
  const defaults = Object.keys(opposite).filter((option) => !options.includes(opposite[option] ?? '') && !options.includes(option))
  const size = sizeBytes === undefined || sizeBytes === 0 ? [] : [`size=${sizeBytes}`]
  const permissions = options.some((option) => option.startsWith('mode=')) ? [] : [`mode=${mode.toString(8)}`]
  return {
    type: 'tmpfs',
    source: '',
    target,
    readOnly,
    propagation: '',
    anonymous: false,
    options: [...defaults, ...size, ...permissions, ...options],
  }
}

async function volumeMount(mount: VolumeMountSpec, target: string, volumes: VolumeStore): Promise<ContainerMount> {
  const { source = '', readOnly = false, noCopy = false, labels } = mount
  const volume = await volumes.create(source === '' ? { labels } : { name: source, labels })
  return {
    type: 'volume',
    name: volume.name,
    source: volume.mountpoint,
    target,
    readOnly,
    propagation: '',
    noCopy,
    anonymous: source === '',
  }
}

function mountsOf(text: string, sources: MountSources): ContainerMount[] {
  const [name = '', mode = ''] = text.split(':')
  if (!['', 'ro', 'rw', 'z', 'Z'].includes(mode)) throw invalid(`invalid mode for volumes-from: ${mode}`)
  return sources
    .container(name)
    .mounts.filter(({ type }) => type !== 'tmpfs')
    .map((mount) => ({ ...mount, readOnly: mode === 'ro' || mount.readOnly, noCopy: true }))
}

/** The error for a bind mount whose source is not there. */
export function missingSource(path: string): EngineError {
  return badMount('bind', `bind source path does not exist: ${path}`)
}

function badMount(type: string, problem: string): EngineError {
  return new EngineError('ENGINE_BAD_MOUNT', `invalid mount config for type "${type}": ${problem}`, { kind: 'invalid' })
}
