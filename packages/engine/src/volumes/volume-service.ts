import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { EngineError } from '../errors.ts'
import { matchesLabels } from '../store/label-filter.ts'
import type { VolumeRecord, VolumeSpec } from './volume-record.ts'
import type { VolumeStore } from './volume-store.ts'
import type { VolumeFilters, Volumes } from './volumes.ts'

/** Ids of the containers that have a volume, by its name. */
export type VolumeUsers = () => ReadonlyMap<string, readonly string[]>

/** The volumes of an engine. */
export class VolumeService implements Volumes {
  readonly #store: VolumeStore
  readonly #users: VolumeUsers

  constructor(store: VolumeStore, users: VolumeUsers) {
    this.#store = store
    this.#users = users
  }

  create(spec?: VolumeSpec): Promise<VolumeRecord> {
    return this.#store.create(spec)
  }

  get(name: string): VolumeRecord {
    return this.#store.get(name)
  }

  find(name: string): VolumeRecord | undefined {
    return this.#store.find(name)
  }

  list({ filters = {} }: { readonly filters?: VolumeFilters | undefined } = {}): VolumeRecord[] {
    const users = this.#users()
    const { name, label, driver, dangling } = filters
    return this.#store
      .list()
      .filter((volume) => anyOf(name, (value) => volume.name.includes(value)))
      .filter((volume) => anyOf(driver, (value) => volume.driver === value))
      .filter((volume) => anyOf(dangling, (value) => (value === 'true' || value === '1') !== users.has(volume.name)))
      .filter(({ labels }) => matchesLabels(labels, label))
  }

  async remove(name: string, { force = false }: { readonly force?: boolean | undefined } = {}): Promise<void> {
    if (force && this.#store.find(name) === undefined) return
    const volume = this.#store.get(name)
    const users = this.#users().get(name)
    if (users !== undefined) {
      throw new EngineError('ENGINE_VOLUME_IN_USE', `remove ${name}: volume is in use - [${users.join(', ')}]`, {
        kind: 'conflict',
        hint: 'remove the containers that have it first',
      })
    }
    this.#store.remove(volume)
  }

  async prune({
    all = false,
    filters = {},
  }: {
    readonly all?: boolean | undefined
    readonly filters?: VolumeFilters | undefined
  } = {}): Promise<{
    readonly removed: readonly string[]
    readonly freedBytes: number
  }> {
    const unused = this.list({ filters: { ...filters, dangling: ['true'] } }).filter(({ anonymous }) => all || anonymous)
    let freedBytes = 0
    for (const volume of unused) {
      freedBytes += await this.size(volume.name)
      this.#store.remove(volume)
    }
    return { removed: unused.map(({ name }) => name), freedBytes }
  }

  size(name: string): Promise<number> {
    return bytesBelow(this.#store.get(name).mountpoint)
  }
}

function anyOf(values: readonly string[] | undefined, matches: (value: string) => boolean): boolean {
  return values === undefined || values.length === 0 || values.some(matches)
}

/** Bytes of all files below a directory, each hard link once. */
async function bytesBelow(directory: string, seen: Set<bigint> = new Set()): Promise<number> {
  let sum = 0
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) sum += await bytesBelow(path, seen)
    else if (entry.isFile()) {
      const { size, ino } = await lstat(path, { bigint: true })
      if (!seen.has(ino)) sum += Number(size)
      seen.add(ino)
    }
  }
  return sum
}
