import { connect, type Socket } from 'node:net'
import { type BusCall, type BusMessage, decodeMessage, encodeCall, messageSize } from './bus-message.ts'
import { SystemdError } from './errors.ts'

/** How long a peer may leave everything that it is asked without an answer. */
const TIMEOUT_MS = 30_000

interface Waiting {
  resolve(message: BusMessage): void
  reject(error: unknown): void
}

/** A connection to a bus, or to a peer that speaks like one, over a unix socket. */
export class BusConnection implements Disposable {
  /** Rejects once there is no connection any more. */
  readonly closed: Promise<never>
  readonly #socket: Socket
  readonly #path: string
  readonly #onSignal: (message: BusMessage) => void
  readonly #waiting = new Map<number, Waiting>()
  #received = Buffer.alloc(0)
  #isAsked = false
  #isAuthenticated = false
  #serial = 0
  #failure: unknown
  #close: (reason: unknown) => void = () => undefined

  private constructor(path: string, onSignal: (message: BusMessage) => void) {
    this.#path = path
    this.#onSignal = onSignal
    this.closed = new Promise((_, reject) => {
      this.#close = reject
    })
    this.closed.catch(() => undefined) // whoever waits for nothing more need not know
    this.#socket = connect(path)
    this.#socket.on('data', (chunk) => this.#receive(chunk))
    this.#socket.on('error', (error) => this.#fail(error))
    this.#socket.on('close', () => this.#fail(new Error('the connection was closed')))
    this.#socket.setTimeout(TIMEOUT_MS, () => this.#socket.destroy(new Error(`no answer in ${TIMEOUT_MS / 1000} s`)))
  }

  /**
   * Connects as this process's user, whom the peer knows from the socket: in a user namespace the own id would be another.
   * @throws SystemdError SYSTEMD_UNAVAILABLE.
   * @see https://dbus.freedesktop.org/doc/dbus-specification.html#auth-mechanisms-external
   */
  static async open(path: string, onSignal: (message: BusMessage) => void): Promise<BusConnection> {
    const connection = new BusConnection(path, onSignal)
    const greeted = connection.#answerTo(0)
    connection.#socket.write('\0AUTH EXTERNAL\r\n')
    await greeted
    return connection
  }

  /**
   * Calls a method, and answers the values that it returns.
   * @throws SystemdError SYSTEMD_REFUSED when it returns an error, whose name is its cause's message; SYSTEMD_UNAVAILABLE.
   */
  async call(call: BusCall): Promise<BusMessage['values']> {
    this.#serial += 1
    const bytes = encodeCall(call, this.#serial)
    const answered = this.#answerTo(this.#serial)
    this.#socket.write(bytes)
    const answer = await answered
    if (answer.type === 'return') return answer.values
    const reason = String(answer.values[0] ?? answer.errorName)
    throw new SystemdError('SYSTEMD_REFUSED', `${call.member}: ${reason}`, {
      kind: kindOf(answer.errorName),
      cause: new Error(answer.errorName),
    })
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }

  /** Serial number 0 stands for being let in. */
  #answerTo(serial: number): Promise<BusMessage> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => this.#waiting.set(serial, { resolve, reject }))
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk])
    try {
      if (!this.#isAuthenticated && !this.#readGreeting()) return
      for (
        let size = messageSize(this.#received);
        size !== undefined && size <= this.#received.length;
        size = messageSize(this.#received)
      ) {
        const message = decodeMessage(this.#received.subarray(0, size))
        this.#received = this.#received.subarray(size)
        if (message.type === 'signal') this.#onSignal(message)
        else if (message.type !== 'call') this.#settle(message.replySerial, message)
      }
    } catch (error) {
      this.#fail(error)
      this.#socket.destroy()
    }
  }

  /** Whether the line has come that lets this process in; one may come before that asks who it is. */
  #readGreeting(): boolean {
    const end = this.#received.indexOf('\r\n')
    if (end < 0 && this.#received.length < 4096) return false
    const line = this.#received.toString('latin1', 0, Math.max(end, 0))
    const isAsking = line.trimEnd() === 'DATA' && !this.#isAsked
    if (!isAsking && !line.startsWith('OK ')) throw unavailable(this.#path, new Error(`it answers ${JSON.stringify(line)}`))
    this.#received = this.#received.subarray(end + 2)
    if (isAsking) {
      this.#isAsked = true
      this.#socket.write('DATA\r\n')
      return this.#readGreeting()
    }
    this.#isAuthenticated = true
    this.#socket.write('BEGIN\r\n')
    this.#settle(0, { type: 'return', path: '', member: '', errorName: '', replySerial: 0, values: [] })
    return true
  }

  #settle(serial: number, message: BusMessage): void {
    this.#waiting.get(serial)?.resolve(message)
    this.#waiting.delete(serial)
  }

  #fail(error: unknown): void {
    this.#failure ??= error instanceof SystemdError ? error : unavailable(this.#path, error)
    for (const { reject } of this.#waiting.values()) reject(this.#failure)
    this.#waiting.clear()
    this.#close(this.#failure)
  }
}

function unavailable(path: string, cause: unknown): SystemdError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new SystemdError('SYSTEMD_UNAVAILABLE', `${path}: ${reason}`, { kind: 'unavailable', cause })
}

function kindOf(errorName: string): 'denied' | 'not-found' | 'conflict' | 'invalid' {
  if (/AccessDenied|AuthFailed|InteractiveAuthorizationRequired/.test(errorName)) return 'denied'
  if (/NoSuchUnit|UnknownObject|NameHasNoOwner|ServiceUnknown/.test(errorName)) return 'not-found'
  return /UnitExists|JobTypeNotApplicable/.test(errorName) ? 'conflict' : 'invalid'
}
