import { existsSync, mkdirSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { hasErrno } from '@ct/errors'
import { digestHex, digestOf } from '@ct/image'
import { LayerfsError } from '../errors.ts'
import { currentBoot } from './current-boot.ts'
import { readRecord, type SnapshotRecord } from './snapshot-record.ts'

const LINKS = 'l'
const LINK_LENGTH = 8
const MAX_KEY_BYTES = 200

/**
 * The snapshots below one directory: `<key>/` with `record.json`, `fs/` and `work/` each, and `l/` with short names of
 * committed ones, so that an overlay mount of many layers fits into the page that mount(2) takes. One process at a
 * time; everything is read once and kept.
 */
export class SnapshotIndex {
  readonly directory: string
  readonly #records = new Map<string, SnapshotRecord>()
  readonly #damaged = new Map<string, LayerfsError>()
  /** Directories of half-made and half-removed snapshots that {@link open} found. */
  readonly leftovers: string[] = []

  private constructor(directory: string) {
    this.directory = directory
  }

  static open(directory: string): SnapshotIndex {
    const index = new SnapshotIndex(directory)
    mkdirSync(join(directory, LINKS), { recursive: true, mode: 0o711 })
    for (const name of readdirSync(directory)) if (name !== LINKS) index.#load(name)
    index.#mendLinks()
    return index
  }

  get records(): Iterable<SnapshotRecord> {
    return this.#records.values()
  }

  /** Throws LayerfsError `SNAPSHOT_BAD_RECORD`. */
  find(key: string): SnapshotRecord | undefined {
    const damage = this.#damaged.get(directoryName(key))
    if (damage !== undefined) throw damage
    return this.#records.get(key)
  }

  has(key: string): boolean {
    return this.#records.has(key)
  }

  set(record: SnapshotRecord): void {
    this.#records.set(record.key, record)
  }

  /** Takes note that a snapshot has become a committed one. */
  replace(key: string, committed: SnapshotRecord): void {
    this.makeLink(committed)
    this.#records.delete(key)
    this.#records.set(committed.key, committed)
  }

  /** Forgets a snapshot, damaged or not; its directory becomes a leftover, whose path is returned. */
  delete(key: string): string {
    const link = this.#records.get(key)?.link
    const leftover = join(this.directory, `.removed-${process.hrtime.bigint()}`)
    renameSync(this.pathOf(key), leftover)
    if (link !== undefined) rmSync(this.linkPath(link), { force: true })
    this.#records.delete(key)
    this.#damaged.delete(directoryName(key))
    return leftover
  }

  /** Makes a directory for a snapshot that is not complete yet; a leftover, unless it gets another name. */
  newDirectory(): string {
    const temporary = join(this.directory, `.new-${process.hrtime.bigint()}`)
    mkdirSync(temporary, { mode: 0o700 })
    return temporary
  }

  isDamaged(key: string): boolean {
    return this.#damaged.has(directoryName(key))
  }

  /** The directory of a snapshot. */
  pathOf(key: string): string {
    return join(this.directory, directoryName(key))
  }

  linkPath(link: string): string {
    return join(this.directory, LINKS, link)
  }

  /** A short name that no other snapshot has. */
  newLink(key: string): string {
    const hex = digestHex(digestOf(key))
    for (let length = LINK_LENGTH; ; length++) {
      const link = hex.slice(0, length)
      if (readlink(this.linkPath(link)) === undefined) return link
    }
  }

  makeLink(record: SnapshotRecord): void {
    const target = `../${directoryName(record.key)}/fs`
    const path = this.linkPath(record.link ?? '')
    if (readlink(path) === target) return
    rmSync(path, { force: true })
    symlinkSync(target, path)
  }

  #load(name: string): void {
    const path = join(this.directory, name)
    if (name.startsWith('.')) {
      this.leftovers.push(path)
      return
    }
    try {
      const record = readRecord(path)
      const isUnfinished = record.isTemporary === true && record.kind !== 'committed'
      const mayHaveLostContent = record.unsyncedBoot !== undefined && record.unsyncedBoot !== currentBoot()
      if (isUnfinished || mayHaveLostContent) {
        this.leftovers.push(path)
        return
      }
      // A commit writes the record first, which decides, and then gives the directory its new name.
      if (directoryName(record.key) !== name) this.#rename(path, record.key)
      this.#records.set(record.key, record)
    } catch (error) {
      if (!(error instanceof LayerfsError)) throw error
      this.#damaged.set(name, error)
    }
  }

  #rename(path: string, key: string): void {
    if (existsSync(this.pathOf(key))) {
      throw new LayerfsError('SNAPSHOT_BAD_RECORD', `${path} claims to be the snapshot ${key}, which is elsewhere`, { kind: 'corrupt' })
    }
    renameSync(path, this.pathOf(key))
  }

  #mendLinks(): void {
    const links = new Set<string>()
    for (const record of this.#records.values()) {
      if (record.link === undefined) continue
      this.makeLink(record)
      links.add(record.link)
    }
    for (const name of readdirSync(join(this.directory, LINKS))) if (!links.has(name)) rmSync(this.linkPath(name), { force: true })
  }
}

/** The name of a snapshot's directory: its key, with what could be special in a path or a mount option escaped. */
function directoryName(key: string): string {
  if (key === '' || Buffer.byteLength(key) > MAX_KEY_BYTES) throw new TypeError(`the key of a snapshot has 1 to ${MAX_KEY_BYTES} bytes`)
  const name = key.replace(/[^A-Za-z0-9._:-]|^\./gu, (character) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  )
  return name === LINKS ? `%${LINKS.charCodeAt(0).toString(16)}` : name
}

function readlink(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch (error) {
    if (hasErrno(error, 'ENOENT', 'EINVAL')) return undefined
    throw error
  }
}
