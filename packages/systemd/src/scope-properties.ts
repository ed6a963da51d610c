import type { UnitProperty } from './systemd-manager.ts'

/** The limits of `linux.resources` that systemd keeps for a unit, too; the runtime specification's names and units. */
export interface ScopeResources {
  readonly memory?: ScopeMemory | undefined
  readonly cpu?: ScopeCpu | undefined
  readonly pids?: { readonly limit: number } | undefined
  readonly blockIO?: { readonly weight?: number | undefined } | undefined
  /** Files of version 2. */
  readonly unified?: Readonly<Record<string, string>> | undefined
}

/** Bytes; -1: no limit. */
interface ScopeMemory {
  readonly limit?: number | undefined
  readonly reservation?: number | undefined
  /** Of memory and swap together. */
  readonly swap?: number | undefined
}

/** Microseconds; lists of processors such as `0-3,7`. */
interface ScopeCpu {
  readonly shares?: number | undefined
  readonly quota?: number | undefined
  readonly period?: number | undefined
  readonly idle?: number | undefined
  readonly cpus?: string | undefined
  readonly mems?: string | undefined
}

const INFINITY = 2n ** 64n - 1n
const DEFAULT_PERIOD_USEC = 100_000
/** What systemd rounds a quota to. */
const QUOTA_STEP_USEC = 10_000

/** Options of {@link scopeProperties}. */
export interface ScopePropertiesOptions {
  /** Version of the cgroups that have the controllers; 1 also in the hybrid layout. Default: 2. */
  readonly version?: 1 | 2 | undefined
}

/**
 * Properties of a unit that say what the limits say. systemd writes them again whenever it looks after its units, as at
 * `daemon-reload`: those that it does not know would be undone then. Limits for which it has no property are left out; it
 * leaves their files alone.
 * @see https://www.freedesktop.org/software/systemd/man/latest/systemd.resource-control.html
 */
export function scopeProperties(resources: ScopeResources, { version = 2 }: ScopePropertiesOptions = {}): UnitProperty[] {
  return version === 1 ? propertiesV1(resources) : propertiesV2(resources)
}

/** Of version 1 systemd knows neither swap nor cpusets; the rest has names of its own. */
function propertiesV1({ memory, cpu, pids, blockIO }: ScopeResources): UnitProperty[] {
  const properties: UnitProperty[] = []
  const add = (name: string, value: bigint | undefined) => {
    if (value !== undefined) properties.push([name, 't', value])
  }
  add('MemoryLimit', limitOf(memory?.limit))
  add('CPUShares', cpu?.shares ? BigInt(Math.min(Math.max(cpu.shares, 2), 262144)) : undefined)
  properties.push(...bandwidth(cpu))
  add('BlockIOWeight', blockIO?.weight ? BigInt(blockIO.weight) : undefined)
  add('TasksMax', tasksOf(pids))
  return properties
}

function propertiesV2(resources: ScopeResources): UnitProperty[] {
  const { memory, cpu, pids, blockIO } = resources
  const properties: UnitProperty[] = []
  const add = (name: string, value: bigint | undefined) => {
    if (value !== undefined) properties.push([name, 't', value])
  }
  add('MemoryMax', limitOf(memory?.limit))
  add('MemoryLow', limitOf(memory?.reservation))
  add('MemorySwapMax', swapOf(memory))
  add('CPUWeight', weightOf(cpu))
  properties.push(...masks(cpu))
  add('IOWeight', blockIO?.weight ? BigInt(1 + Math.floor(((blockIO.weight - 10) * 9999) / 990)) : undefined)
  properties.push(...bandwidth(cpu))
  add('TasksMax', tasksOf(pids))
  return [...properties, ...unifiedProperties(resources.unified ?? {})]
}

function unifiedProperties(files: Readonly<Record<string, string>>): UnitProperty[] {
  const names: Readonly<Record<string, string>> = {
    'memory.max': 'MemoryMax',
    'memory.high': 'MemoryHigh',
    'memory.low': 'MemoryLow',
    'memory.min': 'MemoryMin',
    'memory.swap.max': 'MemorySwapMax',
    'pids.max': 'TasksMax',
    'cpu.weight': 'CPUWeight',
  }
  const masks: Readonly<Record<string, string>> = { 'cpuset.cpus': 'AllowedCPUs', 'cpuset.mems': 'AllowedMemoryNodes' }
  return Object.entries(files).flatMap(([file, text]): UnitProperty[] => {
    const value = text.trim()
    const [quota = '', period] = value.split(/\s+/)
    if (file === 'cpu.max') return bandwidth({ quota: quota === 'max' ? -1 : Number(quota), period: period ? Number(period) : undefined })
    if (masks[file] !== undefined) return [[masks[file], 'ay', maskOf(value)]]
    const isNumber = value === 'max' || /^\d+$/.test(value)
    return names[file] === undefined || !isNumber ? [] : [[names[file], 't', value === 'max' ? INFINITY : BigInt(value)]]
  })
}

function bandwidth({ quota, period }: ScopeCpu = {}): UnitProperty[] {
  if (!quota && !period) return []
  const perSecond = quota && quota > 0 ? (quota * 1_000_000) / (period || DEFAULT_PERIOD_USEC) : undefined
  const rounded = perSecond === undefined ? INFINITY : BigInt(Math.ceil(perSecond / QUOTA_STEP_USEC) * QUOTA_STEP_USEC)
  const length: UnitProperty[] = period ? [['CPUQuotaPeriodUSec', 't', BigInt(period)]] : []
  return [...length, ['CPUQuotaPerSecUSec', 't', rounded]]
}

function masks({ cpus, mems }: ScopeCpu = {}): UnitProperty[] {
  const properties: UnitProperty[] = []
  if (cpus) properties.push(['AllowedCPUs', 'ay', maskOf(cpus)])
  if (mems) properties.push(['AllowedMemoryNodes', 'ay', maskOf(mems)])
  return properties
}

/** The numbers of a list as bits, the lowest first. */
function maskOf(list: string): number[] {
  const bytes: number[] = []
  for (const part of list.split(',').filter((word) => word.trim() !== '')) {
    const [first = 0, last = first] = part.split('-').map(Number)
    for (let number = first; number <= last; number += 1) bytes[number >> 3] = (bytes[number >> 3] ?? 0) | (1 << (number & 7))
  }
  return Array.from(bytes, (byte) => byte ?? 0)
}

/** Shares of 2 to 262144 as a weight of 1 to 10000; idle is a weight of 0. */
function weightOf({ shares, idle }: ScopeCpu = {}): bigint | undefined {
  if (idle === 1) return 0n
  if (!shares) return undefined
  return BigInt(1 + Math.floor(((Math.min(Math.max(shares, 2), 262144) - 2) * 9999) / 262142))
}

/** Version 2 has a limit for swap alone. */
function swapOf({ swap, limit }: ScopeMemory = {}): bigint | undefined {
  if (swap === undefined || swap === null || swap === 0) return limit === -1 ? INFINITY : undefined
  if (swap < 0) return INFINITY
  return limit !== undefined && limit > 0 ? BigInt(Math.max(swap - limit, 0)) : undefined
}

function tasksOf(pids: ScopeResources['pids']): bigint | undefined {
  if (!pids) return undefined
  return pids.limit > 0 ? BigInt(pids.limit) : INFINITY
}

function limitOf(value: number | undefined | null): bigint | undefined {
  if (value === undefined || value === null || value === 0) return undefined
  return value < 0 ? INFINITY : BigInt(value)
}
