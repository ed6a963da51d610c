import { existsSync } from 'node:fs'
import { socketOfAddress } from './bus-address.ts'
import { BusConnection } from './bus-connection.ts'
import type { BusMessage } from './bus-message.ts'
import { SystemdError } from './errors.ts'
import type { BusValue, Variant } from './signature.ts'
import { checkUnitName } from './unit-name.ts'

/** A property of a unit: its name, its type as a signature of D-Bus, and its value. */
export type UnitProperty = readonly [name: string, signature: string, value: BusValue]

/** A scope to be made: a unit for processes that systemd did not start. */
export interface NewScope {
  /** Such as `web.scope`. */
  readonly name: string
  /** Such as `machine.slice`. */
  readonly slice: string
  readonly description: string
  /** Processes that move into it; at least one, and the scope is gone when it has none any more. */
  readonly pids: readonly number[]
  readonly properties: readonly UnitProperty[]
}

/** Options of {@link SystemdManager.connect}. */
export interface ConnectOptions {
  /**
   * Address of a user's bus, such as `unix:path=/run/user/1000/bus`: then it is their manager, for units of theirs. Default:
   * the machine's bus.
   */
  readonly bus?: string | undefined
}

const BUS = '/run/dbus/system_bus_socket'
const DESTINATION = 'org.freedesktop.systemd1'
const PATH = '/org/freedesktop/systemd1'
const MANAGER = 'org.freedesktop.systemd1.Manager'
const NO_SUCH_UNIT = 'org.freedesktop.systemd1.NoSuchUnit'

/**
 * Whether systemd runs this machine.
 * @see https://www.freedesktop.org/software/systemd/man/latest/sd_booted.html
 */
export function isSystemdRunning(): boolean {
  return existsSync('/run/systemd/system')
}

/**
 * systemd's manager of the machine's units, or of a user's.
 * @see https://www.freedesktop.org/software/systemd/man/latest/org.freedesktop.systemd1.html
 */
export class SystemdManager implements Disposable {
  readonly #connection: BusConnection
  readonly #jobs: Jobs

  private constructor(connection: BusConnection, jobs: Jobs) {
    this.#connection = connection
    this.#jobs = jobs
  }

  /**
   * Connects to the machine's manager, or with a `bus` to a user's.
   * @throws SystemdError SYSTEMD_UNAVAILABLE.
   */
  static async connect({ bus }: ConnectOptions = {}): Promise<SystemdManager> {
    if (bus === undefined && !isSystemdRunning()) {
      throw new SystemdError('SYSTEMD_UNAVAILABLE', 'systemd does not run this machine', {
        kind: 'unsupported',
        hint: 'make the cgroup as files instead',
      })
    }
    const socket = bus === undefined ? BUS : socketOfAddress(bus)
    try {
      return await SystemdManager.#open(socket)
    } catch (error) {
      throw bus === undefined ? error : noUserManager(error)
    }
  }

  static async #open(socket: string): Promise<SystemdManager> {
    const jobs = new Jobs()
    const onSignal = (message: BusMessage) => jobs.note(message)
    const manager = new SystemdManager(await BusConnection.open(socket, onSignal), jobs)
    try {
      await manager.#joinBus()
      return manager
    } catch (error) {
      manager[Symbol.dispose]()
      throw error
    }
  }

  /** The cgroup below which the manager keeps its units; empty: the root. */
  async controlGroup(): Promise<string> {
    return (await this.#property(PATH, MANAGER, 'ControlGroup')) as string
  }

  /**
   * Makes a scope and waits until its processes are in it.
   * @throws SystemdError SYSTEMD_BAD_NAME, SYSTEMD_REFUSED.
   */
  async startScope({ name, slice, description, pids, properties }: NewScope): Promise<void> {
    checkUnitName(name, 'scope')
    checkUnitName(slice, 'slice')
    const all: readonly UnitProperty[] = [
      ['Description', 's', description],
      ['Slice', 's', slice],
      ['DefaultDependencies', 'b', false],
      ['PIDs', 'au', pids],
      ...properties,
    ]
    await this.#run('StartTransientUnit', 'ssa(sv)a(sa(sv))', [name, 'replace', all.map(structOf), []], name)
  }

  /** Stops a unit, killing what is in it, and waits for that; one that is not there is stopped. */
  async stopUnit(name: string): Promise<void> {
    try {
      await this.#run('StopUnit', 'ss', [name, 'replace'], name)
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }

  /**
   * Changes properties of a unit as long as it runs.
   * @throws SystemdError SYSTEMD_REFUSED.
   */
  async setProperties(name: string, properties: readonly UnitProperty[]): Promise<void> {
    await this.#call('SetUnitProperties', 'sba(sv)', [name, true, properties.map(structOf)])
  }

  /**
   * A property of a scope, or of what all units have.
   * @throws SystemdError SYSTEMD_REFUSED.
   */
  async scopeProperty(name: string, property: string, kind: 'Scope' | 'Unit' = 'Scope'): Promise<BusValue> {
    const [path] = await this.#call('GetUnit', 's', [name])
    return this.#property(path as string, `${DESTINATION}.${kind}`, property)
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]()
  }

  /** A peer on the bus gets a name, and only the signals that it asks for. */
  async #joinBus(): Promise<void> {
    const bus = { destination: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus' }
    await this.#connection.call({ ...bus, member: 'Hello' })
    const rule = `type='signal',sender='${DESTINATION}',interface='${MANAGER}',member='JobRemoved'`
    await this.#connection.call({ ...bus, member: 'AddMatch', signature: 's', values: [rule] })
    await this.#call('Subscribe', '', [])
  }

  /** Calls what makes a job, and waits for its end. */
  async #run(member: string, signature: string, values: readonly BusValue[], unit: string): Promise<void> {
    const [job] = await this.#call(member, signature, values)
    const result = await Promise.race([this.#jobs.resultOf(job as string), this.#connection.closed])
    if (result === 'done') return
    throw new SystemdError('SYSTEMD_REFUSED', `${member} ${unit}: the job ended as ${result}`, { kind: 'conflict' })
  }

  #call(member: string, signature: string, values: readonly BusValue[]): Promise<readonly BusValue[]> {
    return this.#connection.call({ destination: DESTINATION, path: PATH, interface: MANAGER, member, signature, values })
  }

  async #property(path: string, of: string, name: string): Promise<BusValue> {
    const [variant] = await this.#connection.call({
      destination: DESTINATION,
      path,
      interface: 'org.freedesktop.DBus.Properties',
      member: 'Get',
      signature: 'ss',
      values: [of, name],
    })
    return (variant as Variant).value
  }
}

/** The jobs that have ended, also those whose end is told before who started them waits. */
class Jobs {
  readonly #results = new Map<string, string>()
  readonly #waiting = new Map<string, (result: string) => void>()

  /** Takes `JobRemoved`: a number, the job, its unit, and how it ended. */
  note({ member, values: [, job, , result] }: BusMessage): void {
    if (member !== 'JobRemoved' || typeof job !== 'string' || typeof result !== 'string') return
    this.#results.set(job, result)
    this.#waiting.get(job)?.(result)
  }

  resultOf(job: string): Promise<string> {
    const known = this.#results.get(job)
    return known !== undefined ? Promise.resolve(known) : new Promise((resolve) => this.#waiting.set(job, resolve))
  }
}

function structOf([name, signature, value]: UnitProperty): BusValue {
  return [name, { signature, value }]
}

/** There is no bus, or nobody on it whose name is systemd's. */
function noUserManager(error: unknown): unknown {
  const isAbsent = error instanceof SystemdError && (error.code === 'SYSTEMD_UNAVAILABLE' || error.kind === 'not-found')
  if (!isAbsent) return error
  return new SystemdError('SYSTEMD_UNAVAILABLE', `systemd does not run for this user: ${error.message}`, {
    kind: 'unavailable',
    hint: 'log in by a session of systemd, or have it run without one: loginctl enable-linger (Debian: dbus-user-session gives the bus)',
    cause: error,
  })
}

function isMissing(error: unknown): boolean {
  return error instanceof SystemdError && error.cause instanceof Error && error.cause.message === NO_SUCH_UNIT
}
