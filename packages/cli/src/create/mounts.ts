import { homedir } from 'node:os'
import { resolve } from 'node:path'
import type { MountRequest } from '@ct/api'
import { parseSize } from '../format/size.ts'
import { badFlag } from './bad-flag.ts'

/** What `--volume`, `--tmpfs` and `--mount` say, in the fields of a create. */
export interface Mounts {
  readonly binds: readonly string[]
  /** Anonymous volumes by their path. */
  readonly volumes: Readonly<Record<string, object>>
  readonly tmpfs: Readonly<Record<string, string>>
  readonly mounts: readonly MountRequest[]
}

/** Reads the three kinds of flags; relative sources of binds become absolute. Throws `CLI_BAD_FLAG`. */
export function parseMounts(volume: readonly string[], tmpfs: readonly string[], mount: readonly string[]): Mounts {
  const [binds, volumes, filesystems]: [string[], Record<string, object>, Record<string, string>] = [[], {}, {}]
  for (const text of volume) {
    const parts = text.split(':')
    if (parts.some((part) => part === '') || parts.length > 3) throw badFlag('volume', text, 'invalid volume specification')
    const [source = '', target] = parts
    if (target === undefined) volumes[source] = {}
    else binds.push([/^[.~]/.test(source) ? absolute(source) : source, ...parts.slice(1)].join(':'))
  }
  for (const text of tmpfs) {
    const colon = text.indexOf(':')
    filesystems[colon === -1 ? text : text.slice(0, colon)] = colon === -1 ? '' : text.slice(colon + 1)
  }
  return { binds, volumes, tmpfs: filesystems, mounts: mount.map(parseMount) }
}

function absolute(path: string): string {
  return path === '~' || path.startsWith('~/') ? homedir() + path.slice(1) : resolve(path)
}

/** Reads the comma separated fields of `--mount`. Throws `CLI_BAD_FLAG`. */
export function parseMount(text: string): MountRequest {
  const fields = readFields(text)
  const type = fields.get('type') ?? 'volume'
  if (type !== 'bind' && type !== 'volume' && type !== 'tmpfs') throw badFlag('mount', text, `invalid mount type ${type}`)
  const source = fields.get('source')
  const target = fields.get('target')
  if (target === undefined) throw badFlag('mount', text, 'target is required')
  if (type === 'bind' && source === undefined) throw badFlag('mount', text, 'source is required for a bind')
  return {
    Type: type,
    Target: target,
    ...(source !== undefined && { Source: type === 'bind' ? absolute(source) : source }),
    ...(isSet(fields, 'readonly', text) && { ReadOnly: true }),
    ...bindOptions(fields, text),
    ...volumeOptions(fields, text),
    ...tmpfsOptions(fields, text),
  }
}

const ALIASES: Readonly<Record<string, string>> = { src: 'source', dst: 'target', destination: 'target', ro: 'readonly' }
const KNOWN = new Set([
  ...['type', 'source', 'target', 'readonly', 'consistency', 'bind-propagation', 'bind-nonrecursive', 'bind-recursive'],
  ...['bind-create-src', 'volume-nocopy', 'volume-label', 'volume-driver', 'volume-opt', 'volume-subpath', 'tmpfs-size', 'tmpfs-mode'],
])
const REPEATED = new Set(['volume-label', 'volume-opt'])

function readFields(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const word of text.match(/(?:"[^"]*"|[^,])+/g) ?? []) {
    const plain = word.replaceAll('"', '')
    const equals = plain.indexOf('=')
    const key = (equals === -1 ? plain : plain.slice(0, equals)).toLowerCase()
    const name = ALIASES[key] ?? key
    if (!KNOWN.has(name)) throw badFlag('mount', text, `unexpected key '${key}' in '${plain}'`)
    const value = equals === -1 ? 'true' : plain.slice(equals + 1)
    const before = REPEATED.has(name) ? fields.get(name) : undefined
    fields.set(name, before === undefined ? value : `${before}\0${value}`)
  }
  return fields
}

function isSet(fields: ReadonlyMap<string, string>, name: string, text: string): boolean {
  const value = fields.get(name)
  if (value === undefined || /^(0|false)$/i.test(value)) return false
  if (/^(1|true)$/i.test(value)) return true
  throw badFlag('mount', text, `invalid value for ${name}: ${value}`)
}

function bindOptions(fields: ReadonlyMap<string, string>, text: string): Pick<MountRequest, 'BindOptions'> {
  const propagation = fields.get('bind-propagation')
  const options = {
    ...(propagation !== undefined && { Propagation: propagation }),
    ...((isSet(fields, 'bind-nonrecursive', text) || fields.get('bind-recursive') === 'disabled') && { NonRecursive: true }),
    ...(isSet(fields, 'bind-create-src', text) && { CreateMountpoint: true }),
  }
  return Object.keys(options).length === 0 ? {} : { BindOptions: options }
}

function volumeOptions(fields: ReadonlyMap<string, string>, text: string): Pick<MountRequest, 'VolumeOptions'> {
  const pairs = (name: string): Record<string, string> =>
    Object.fromEntries((fields.get(name)?.split('\0') ?? []).map((word) => [word.split('=', 1)[0], word.slice(word.indexOf('=') + 1)]))
  const driver = {
    ...(fields.has('volume-driver') && { Name: fields.get('volume-driver') ?? '' }),
    ...(fields.has('volume-opt') && { Options: pairs('volume-opt') }),
  }
  const subpath = fields.get('volume-subpath')
  const options = {
    ...(isSet(fields, 'volume-nocopy', text) && { NoCopy: true }),
    ...(fields.has('volume-label') && { Labels: pairs('volume-label') }),
    ...(Object.keys(driver).length > 0 && { DriverConfig: driver }),
    ...(subpath !== undefined && { Subpath: subpath }),
  }
  return Object.keys(options).length === 0 ? {} : { VolumeOptions: options }
}

function tmpfsOptions(fields: ReadonlyMap<string, string>, text: string): Pick<MountRequest, 'TmpfsOptions'> {
  const size = fields.get('tmpfs-size')
  const mode = fields.get('tmpfs-mode')
  const sizeBytes = size === undefined ? undefined : parseSize(size)
  if (size !== undefined && sizeBytes === undefined) throw badFlag('mount', text, `invalid value for tmpfs-size: ${size}`)
  if (mode !== undefined && !/^[0-7]+$/.test(mode)) throw badFlag('mount', text, `invalid value for tmpfs-mode: ${mode}`)
  const options = {
    ...(sizeBytes !== undefined && { SizeBytes: sizeBytes }),
    ...(mode !== undefined && { Mode: Number.parseInt(mode, 8) }),
  }
  return Object.keys(options).length === 0 ? {} : { TmpfsOptions: options }
}
