import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { EngineError, invalid } from '../errors.ts'
import type { EventBus } from '../events/event-bus.ts'
import { randomId } from '../store/random-id.ts'
import { RecordDirectory } from '../store/record-directory.ts'
import { nowText } from '../store/time-text.ts'
import type { VolumeRecord, VolumeSpec } from './volume-record.ts'

/** The volumes on disk: `volumes/<name>/volume.json` beside the content in `data`. */
export class VolumeStore {
  readonly errors: readonly EngineError[]
  readonly #records: RecordDirectory<VolumeRecord>
  readonly #byName: Map<string, VolumeRecord>
  readonly #events: EventBus

  constructor(path: string, events: EventBus) {
    this.#records = new RecordDirectory(path, {
      file: 'volume.json',
      missing: 'report',
      check: ({ name, mountpoint }, directory) =>
        name === directory && typeof mountpoint === 'string' ? undefined : 'name or mountpoint is missing',
    })
    const { records, errors } = this.#records.load()
    this.errors = errors
    this.#byName = new Map(records.map((record) => [record.name, record]))
    this.#events = events
  }

  /** Makes a volume, or gives the one that has the name. */
  async create({ name = '', driver = 'local', labels = {}, options = {} }: VolumeSpec = {}): Promise<VolumeRecord> {
    const existing = this.#byName.get(name)
    if (existing !== undefined) return existing
    check(name, driver, options)
    const anonymous = name === ''
    const own = anonymous ? randomId() : name
    const directory = this.#records.prepare(own)
    const record: VolumeRecord = {
      version: 1,
      name: own,
      driver: 'local',
      createdAt: nowText(),
      labels: anonymous ? { 'com.docker.volume.anonymous': '', ...labels } : labels,
      options,
      anonymous,
      mountpoint: join(directory, 'data'),
    }
    mkdirSync(record.mountpoint, { recursive: true, mode: 0o755 })
    this.#records.write(own, record, { sync: !anonymous })
    this.#byName.set(own, record)
    this.#events.emit({ type: 'volume', action: 'create', id: own, attributes: { driver: 'local' } })
    return record
  }

  find(name: string): VolumeRecord | undefined {
    return this.#byName.get(name)
  }

  /** As `find`, or `ENGINE_NO_VOLUME`. */
  get(name: string): VolumeRecord {
    const record = this.#byName.get(name)
    if (record === undefined) throw new EngineError('ENGINE_NO_VOLUME', `get ${name}: no such volume`, { kind: 'not-found' })
    return record
  }

  list(): VolumeRecord[] {
    return [...this.#byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Removes a volume and its content. */
  remove({ name }: VolumeRecord): void {
    this.#records.remove(name)
    this.#byName.delete(name)
    this.#events.emit({ type: 'volume', action: 'destroy', id: name, attributes: { driver: 'local' } })
  }
}

function check(name: string, driver: string, options: Readonly<Record<string, string>>): void {
  if (name !== '' && !/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) {
    throw invalid(
      `create ${name}: "${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
    )
  }
  if (name.length > 255) throw invalid(`create ${name.slice(0, 32)}…: a volume name has at most 255 characters`)
  if (driver !== 'local' && driver !== '') {
    throw new EngineError('ENGINE_UNSUPPORTED', `error looking up volume plugin ${driver}: plugin "${driver}" not found`, {
      kind: 'not-found',
      hint: 'the only volume driver is local',
    })
  }
  if (Object.keys(options).length > 0) {
    throw new EngineError('ENGINE_UNSUPPORTED', `volume options are not supported: ${Object.keys(options).join(', ')}`, {
      kind: 'unsupported',
    })
  }
}
