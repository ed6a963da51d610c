import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { hasErrno } from '@ct/errors'
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
  /** Of a committed one whose content may not be on disk yet: the boot that it was committed in. After another it is not to be trusted. */
  readonly unsyncedBoot?: string | undefined
}

const FILE = 'record.json'
const STAGED_FILE = '.staged.json'
const VERSION = 1
const KINDS: readonly SnapshotKind[] = ['active', 'view', 'committed']

/** Writes a record into the directory of its snapshot, atomically. */
export function writeRecord(directory: string, record: SnapshotRecord): void {
  const temporary = join(directory, `.${FILE}`)
  writeFileSync(temporary, textOf(record))
  renameSync(temporary, join(directory, FILE))
}

/** Writes what is to be the record once {@link useStagedRecord} is called. */
export function stageRecord(directory: string, record: SnapshotRecord): void {
  writeFileSync(join(directory, STAGED_FILE), textOf(record))
}

/** Lets a record that was staged take the place of the other. */
export function useStagedRecord(directory: string): void {
  renameSync(join(directory, STAGED_FILE), join(directory, FILE))
}

/** Waits until the record that is there now is on disk; when the snapshot was removed meanwhile, there is none. */
export async function syncRecord(directory: string): Promise<void> {
  try {
    await using handle = await open(directory)
    await handle.sync()
  } catch (error) {
    if (!hasErrno(error, 'ENOENT')) throw error
  }
}

function textOf(record: SnapshotRecord): string {
  return `${JSON.stringify({ version: VERSION, ...record })}\n`
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
  const { version, key, kind, parent, createdAt, link, isTemporary, usage, unsyncedBoot } = record
  if (version !== VERSION) throw new TypeError(`version ${version} is not known`)
  if (typeof key !== 'string' || typeof createdAt !== 'string') throw new TypeError('key or createdAt is missing')
  if (kind === undefined || !KINDS.includes(kind)) throw new TypeError(`kind ${kind} is not known`)
  if (![parent, link, unsyncedBoot].every(isOptionalText)) throw new TypeError('parent, link or unsyncedBoot is no text')
  if (kind === 'committed' && !/^[a-z0-9]+$/.test(link ?? '')) throw new TypeError('link is missing')
  if (usage !== undefined && !isUsage(usage)) throw new TypeError('usage is malformed')
  return { key, kind, parent, createdAt, link, isTemporary: isTemporary === true, usage, unsyncedBoot }
}

function isUsage({ sizeBytes, inodes }: Partial<SnapshotUsage>): boolean {
  return Number.isSafeInteger(sizeBytes) && Number.isSafeInteger(inodes)
}

function isOptionalText(value: unknown): boolean {
  return value === undefined || typeof value === 'string'
}
