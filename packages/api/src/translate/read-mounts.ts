import type { BindMountSpec, MountSpec, TmpfsMountSpec, VolumeMountSpec } from '@ct/engine'
import { badRequest, notBuilt } from '../errors.ts'
import type { ContainerCreateBody } from '../wire/container.ts'
import type { MountRequest } from '../wire/host-config.ts'

type Propagation = NonNullable<BindMountSpec['propagation']>

const PROPAGATIONS: readonly Propagation[] = ['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave']
/** Options of `-v` that change nothing here: SELinux labels, and words of docker's desktop products. */
const NO_EFFECT = new Set(['rw', 'z', 'Z', 'cached', 'delegated', 'consistent', 'default', ''])

/** Everything that a create request wants mounted, whichever of docker's four ways it uses. `API_BAD_REQUEST` in docker's words. */
export function readMounts({ Volumes, HostConfig }: ContainerCreateBody): readonly MountSpec[] {
  const given = [
    ...(HostConfig?.Binds ?? []).map(readBind),
    ...(HostConfig?.Mounts ?? []).map(readMountRequest),
    ...Object.entries(HostConfig?.Tmpfs ?? {}).map(([target, options]) => readTmpfs(target, options)),
  ]
  const taken = new Set(given.map(({ target }) => target))
  const anonymous = Object.keys(Volumes ?? {}).map((path) =>
    path.includes(':') ? readBind(path) : { type: 'volume' as const, target: path },
  )
  return [...given, ...anonymous.filter(({ target }) => !taken.has(target))]
}

/** `source:target[:options]` of `-v`. */
function readBind(text: string): MountSpec {
  const [source = '', target = '', options = '', ...more] = text.split(':')
  if (source === '' || !target.startsWith('/') || more.length > 0) throw badRequest(`invalid volume specification: '${text}'`)
  let mode: { readOnly?: true; noCopy?: true; propagation?: Propagation } = {}
  for (const option of options.split(',')) {
    const propagation = PROPAGATIONS.find((name) => name === option)
    if (option === 'ro') mode = { ...mode, readOnly: true }
    else if (option === 'nocopy') mode = { ...mode, noCopy: true }
    else if (propagation !== undefined) mode = { ...mode, propagation }
    else if (!NO_EFFECT.has(option)) throw badRequest(`invalid mode: ${options}`)
  }
  const { noCopy, propagation, ...readOnly } = mode
  if (source.startsWith('/')) return { type: 'bind', source, target, createSource: true, ...readOnly, ...(propagation && { propagation }) }
  return { type: 'volume', source, target, ...readOnly, ...(noCopy && { noCopy }) }
}

function readMountRequest(mount: MountRequest): MountSpec {
  const { Type, Target = '' } = mount
  if (Type === 'bind') return readBindRequest(mount, Target)
  if (Type === 'volume') return readVolumeRequest(mount, Target)
  if (Type === 'tmpfs') return readTmpfsRequest(mount, Target)
  throw badRequest(`invalid mount config for type "${Type ?? ''}": mount type unknown`)
}

function readBindRequest({ Type, Source = '', ReadOnly, BindOptions, ...others }: MountRequest, target: string): BindMountSpec {
  if (others.VolumeOptions || others.TmpfsOptions) throw badRequest(`invalid mount config for type "${Type}": field must not be specified`)
  const { Propagation, NonRecursive, CreateMountpoint } = BindOptions ?? {}
  const propagation = PROPAGATIONS.find((name) => name === Propagation)
  if (Propagation && propagation === undefined)
    throw badRequest(`invalid mount config for type "bind": invalid propagation mode: ${Propagation}`)
  return {
    type: 'bind',
    source: Source,
    target,
    readOnly: ReadOnly === true,
    createSource: CreateMountpoint === true,
    nonRecursive: NonRecursive === true,
    ...(propagation && { propagation }),
  }
}

function readVolumeRequest({ Source, ReadOnly, VolumeOptions, ...others }: MountRequest, target: string): VolumeMountSpec {
  if (others.BindOptions || others.TmpfsOptions) throw badRequest('invalid mount config for type "volume": field must not be specified')
  const { NoCopy, Labels, DriverConfig, Subpath } = VolumeOptions ?? {}
  if (DriverConfig?.Name && DriverConfig.Name !== 'local') throw notBuilt(`volume driver ${DriverConfig.Name}`)
  if (Subpath) throw notBuilt('Mounts.VolumeOptions.Subpath')
  return {
    type: 'volume',
    target,
    readOnly: ReadOnly === true,
    noCopy: NoCopy === true,
    ...(Source && { source: Source }),
    ...(Labels && { labels: Labels }),
  }
}

function readTmpfsRequest({ Source, ReadOnly, TmpfsOptions, ...others }: MountRequest, target: string): TmpfsMountSpec {
  if (others.BindOptions || others.VolumeOptions) throw badRequest('invalid mount config for type "tmpfs": field must not be specified')
  if (Source) throw badRequest('invalid mount config for type "tmpfs": field Source must not be specified')
  const { SizeBytes, Mode, Options } = TmpfsOptions ?? {}
  return {
    type: 'tmpfs',
    target,
    readOnly: ReadOnly === true,
    options: (Options ?? []).map((words) => words.join('=')),
    ...(SizeBytes && { sizeBytes: SizeBytes }),
    ...(Mode && { mode: Mode }),
  }
}

const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }

/** `size=64m,mode=1777,ro,noexec` of `--tmpfs`. */
function readTmpfs(target: string, text: string): TmpfsMountSpec {
  let spec: TmpfsMountSpec = { type: 'tmpfs', target }
  for (const option of text.split(',').filter((word) => word !== '')) {
    const [, size, unit = ''] = /^size=(\d+)([kmg]?)$/i.exec(option) ?? []
    const mode = /^mode=([0-7]{1,4})$/.exec(option)?.[1]
    if (size !== undefined) spec = { ...spec, sizeBytes: Number(size) * (FACTORS[unit.toLowerCase()] ?? 1) }
    else if (mode !== undefined) spec = { ...spec, mode: Number.parseInt(mode, 8) }
    else if (option === 'ro') spec = { ...spec, readOnly: true }
    else spec = { ...spec, options: [...(spec.options ?? []), option] }
  }
  return spec
}
