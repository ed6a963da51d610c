import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LayerfsError } from '../errors.ts'
import type { SnapshotInfo, SnapshotKind, SnapshotUsage } from './snapshotter.ts'

/** What is kept on disk about a snapshot, in its directory. */
export interface SnapshotRecord extends SnapshotInfo {
  /** The short name that overlay mounts call its directory by; committed ones have one. */
  readonly link?: string | undefined
  /** To be thrown away when the snapshotter is opened again: what was being unpacked is unpacked anew. */
  readonly isTemporary?: boolean | undefined
  /** What a committed one takes, once it is known. */
  readonly usage?: SnapshotUsage | undefined
}

const FILE = 'record.json'
const VERSION = 1
const KINDS: readonly SnapshotKind[] = ['active', 'view', 'committed']

/** Writes a record into the directory of its snapshot, atomically. */
export function writeRecord(directory: string, record: SnapshotRecord): void {
  const temporary = join(directory, `.${FILE}`)
  writeFileSync(temporary, `${JSON.stringify({ version: VERSION, ...record })}\n`)
  renameSync(temporary, join(directory, FILE))
}

/** Makes the directory of a snapshot with its record and what else `fill` puts there; it appears as a whole or not at all. */
export function createDirectory(directory: string, record: SnapshotRecord, fill: (temporary: string) => void): void {
  const temporary = join(directory, '..', `.new-${process.hrtime.bigint()}`)
  mkdirSync(temporary, { mode: 0o700 })
  try {
    fill(temporary)
    publishDirectory(temporary, directory, record)
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    throw error
  }
}

/** Gives a directory that is complete its record and its final name. */
export function publishDirectory(temporary: string, directory: string, record: SnapshotRecord): void {
  writeRecord(temporary, record)
  renameSync(temporary, directory)
}

/**
 * Reads the record of a snapshot's directory.
 * @throws LayerfsError `SNAPSHOT_BAD_RECORD`
 */
export function readRecord(directory: string): SnapshotRecord {
  try {
    return checkRecord(JSON.parse(readFileSync(join(directory, FILE), 'utf8')))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new LayerfsError('SNAPSHOT_BAD_RECORD', `the record of the snapshot in ${directory} cannot be read: ${reason}`, {
      kind: 'corrupt',
      hint: 'remove the snapshot; an image is unpacked again when it is needed',
      cause: error,
    })
  }
}

function checkRecord(value: unknown): SnapshotRecord {
  const record = value as Partial<SnapshotRecord & { readonly version: number }> | null
  if (typeof record !== 'object' || record === null) throw new TypeError('it is no object')
  const { version, key, kind, parent, createdAt, link, isTemporary, usage } = record
  if (version !== VERSION) throw new TypeError(`version ${version} is not known`)
  if (typeof key !== 'string' || typeof createdAt !== 'string') throw new TypeError('key or createdAt is missing')
  if (kind === undefined || !KINDS.includes(kind)) throw new TypeError(`kind ${kind} is not known`)
  if (!isOptionalText(parent) || !isOptionalText(link)) throw new TypeError('parent or link is no text')
  if (kind === 'committed' && !/^[a-z0-9]+$/.test(link ?? '')) throw new TypeError('link is missing')
  if (usage !== undefined && !isUsage(usage)) throw new TypeError('usage is malformed')
  return { key, kind, parent, createdAt, link, isTemporary: isTemporary === true, usage }
}

function isUsage({ sizeBytes, inodes }: Partial<SnapshotUsage>): boolean {
  return Number.isSafeInteger(sizeBytes) && Number.isSafeInteger(inodes)
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === 'string'
}
