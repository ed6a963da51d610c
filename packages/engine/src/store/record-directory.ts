import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { hasErrno } from '@ct/errors'
import { EngineError } from '../errors.ts'
import { writeJsonFile } from './json-file.ts'

/** The least that a record has. */
export interface VersionedRecord {
  readonly version: 1
}

/** Options of {@link RecordDirectory}. */
export interface RecordDirectoryOptions<Item> {
  /** File name inside each record's own directory. */
  readonly file: string
  /** Says what is missing in a parsed record, or undefined. */
  readonly check: (value: Partial<Item>, name: string) => string | undefined
  /** What a directory without a record is: something that was never finished, or somebody's data. */
  readonly missing: 'remove' | 'report'
}

/**
 * Records on disk, one directory each. A record that cannot be read is left where it is, for a person to look at, and
 * is an error in the list that {@link RecordDirectory.load} gives; the others are not affected.
 */
export class RecordDirectory<Item extends VersionedRecord> {
  readonly path: string
  readonly #options: RecordDirectoryOptions<Item>

  constructor(path: string, options: RecordDirectoryOptions<Item>) {
    this.path = path
    this.#options = options
    mkdirSync(path, { recursive: true, mode: 0o711 })
  }

  /** Every record that can be read, and an `ENGINE_BAD_RECORD` for each other one. */
  load(): { readonly records: Item[]; readonly errors: EngineError[] } {
    const records: Item[] = []
    const errors: EngineError[] = []
    for (const name of readdirSync(this.path)) {
      const found = this.#read(name)
      if (found instanceof EngineError) errors.push(found)
      else if (found === undefined) rmSync(join(this.path, name), { recursive: true, force: true })
      else records.push(found)
    }
    return { records, errors }
  }

  directory(name: string): string {
    return join(this.path, name)
  }

  /** Makes the directory of a record that is about to be written. */
  prepare(name: string): string {
    const directory = this.directory(name)
    mkdirSync(directory, { recursive: true, mode: 0o711 })
    return directory
  }

  write(name: string, record: Item, options?: { readonly sync?: boolean }): void {
    writeJsonFile(join(this.path, name, this.#options.file), record, options)
  }

  remove(name: string): void {
    rmSync(this.directory(name), { recursive: true, force: true })
  }

  #read(name: string): Item | EngineError | undefined {
    const path = join(this.path, name, this.#options.file)
    try {
      const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<Item>
      const problem = value?.version === 1 ? this.#options.check(value, name) : `version ${String(value?.version)} is not known`
      return problem === undefined ? (value as Item) : badRecord(path, problem)
    } catch (error) {
      if (hasErrno(error, 'ENOENT') && this.#options.missing === 'remove') return undefined
      if (error instanceof SyntaxError) return badRecord(path, error.message, error)
      return badRecord(path, error instanceof Error ? error.message : String(error), error)
    }
  }
}

function badRecord(path: string, problem: string, cause?: unknown): EngineError {
  return new EngineError('ENGINE_BAD_RECORD', `${path} cannot be read: ${problem}`, {
    kind: 'corrupt',
    hint: 'repair the file, or remove its directory, and start the engine again',
    cause,
  })
}
