import { connect, type Socket } from 'node:net'
import { hasErrno } from '@ct/errors'
import { NativeError } from './errors.ts'
import { type ExitRecord, parseExitRecord, readExitRecord } from './exit-record.ts'
import { parseReport, type Report, systemError } from './report.ts'

/** Which streams {@link Supervisor.attach} carries. */
export interface AttachOptions {
  readonly stdin?: boolean
  readonly stdout?: boolean
  readonly stderr?: boolean
}

/** The process that supervises a container's process or an exec, as seen from here. It outlives this program. */
export interface Supervisor {
  /** Its unix socket; empty when the plan had none. */
  readonly socketPath: string
  /** The supervised process, as the host counts; 0: not known. */
  readonly pid: number
  /**
   * Releases the hold. Throws `NATIVE_EXEC_FAILED`, whose `errno` says why the program could not be executed, and
   * `NATIVE_CONTROL_FAILED` when it was released before (`EALREADY`), or ended meanwhile (`ECHILD`, `EPIPE`, `EBADF`).
   */
  start(): Promise<void>
  /**
   * Connects to stdio. Without a terminal the output comes in frames of eight bytes {stream, 0, 0, 0, size} and a
   * payload, as docker's; with one it is raw. What is written goes to stdin; `end()` ends stdin. Of a process that has
   * ended the socket ends at once.
   */
  attach(options: AttachOptions): Promise<Socket>
  /** Sets the size of the terminal. Throws `NATIVE_CONTROL_FAILED` (`ENOTTY`) when there is none. */
  resize(size: { readonly rows: number; readonly columns: number }): Promise<void>
  /** Sends a signal through the pidfd, so never to another process. Once it has ended: `NATIVE_CONTROL_FAILED` (`ESRCH`), then `NATIVE_SUPERVISOR_GONE`. */
  kill(signal: number): Promise<void>
  /** Resolves when the process has ended, its output is logged and its record is on disk. */
  wait(options?: { readonly signal?: AbortSignal }): Promise<ExitRecord>
}

/** What is known of a supervisor that is not asked for everything. */
export interface ConnectOptions {
  /** @default 0 */
  readonly pid?: number
  /** Where its exit record is, for {@link Supervisor.wait} on one that has gone. */
  readonly exitPath?: string | undefined
}

const ATTACH_STDIN = 1
const ATTACH_STDOUT = 2
const ATTACH_STDERR = 4

/** A supervisor by its socket. Nothing is opened until a method is called; each throws `NATIVE_SUPERVISOR_GONE` when it has ended. */
export function connectSupervisor(socketPath: string, options: ConnectOptions = {}): Supervisor {
  return new SocketSupervisor(socketPath, options)
}

interface Request {
  readonly verb: string
  readonly flags?: number
  readonly rows?: number
  readonly columns?: number
  readonly signal?: number
}

/** {@link ConnectOptions} of who has just launched it. */
interface SocketSupervisorOptions extends ConnectOptions {
  /** A connection that is there already, for the first request. */
  readonly connection?: Socket | undefined
}

/** A supervisor that is asked over its socket, a connection for each request. */
export class SocketSupervisor implements Supervisor {
  readonly socketPath: string
  readonly pid: number
  readonly #exitPath: string | undefined
  #connection: Socket | undefined

  constructor(socketPath: string, { pid = 0, exitPath, connection }: SocketSupervisorOptions) {
    this.socketPath = socketPath
    this.pid = pid
    this.#exitPath = exitPath
    this.#connection = connection
  }

  async start(): Promise<void> {
    const report = await this.#control({ verb: 'S' })
    if (report.ok) return
    if (report.stage === 'control' || report.stage === 'lost') throw controlError('start', report)
    throw execError(report, `the process ${this.pid || `of ${this.socketPath}`}`)
  }

  async attach({ stdin, stdout, stderr }: AttachOptions): Promise<Socket> {
    const flags = (stdin ? ATTACH_STDIN : 0) | (stdout ? ATTACH_STDOUT : 0) | (stderr ? ATTACH_STDERR : 0)
    const socket = await this.#ask({ verb: 'A', flags })
    await firstByte(socket)
    return socket
  }

  async resize({ rows, columns }: { readonly rows: number; readonly columns: number }): Promise<void> {
    const report = await this.#control({ verb: 'R', rows, columns })
    if (!report.ok) throw controlError('resize the terminal', report)
  }

  async kill(signal: number): Promise<void> {
    const report = await this.#control({ verb: 'K', signal })
    if (!report.ok) throw controlError(`send signal ${signal}`, report)
  }

  async wait({ signal }: { readonly signal?: AbortSignal } = {}): Promise<ExitRecord> {
    signal?.throwIfAborted()
    try {
      const text = await this.#answer({ verb: 'W' }, signal)
      if (text.length > 0) return parseExitRecord(text.toString('latin1'), this.socketPath)
    } catch (error) {
      if (!(error instanceof NativeError) || error.code !== 'NATIVE_SUPERVISOR_GONE') throw error
    }
    const record = this.#exitPath === undefined ? undefined : await readExitRecord(this.#exitPath)
    if (record === undefined) throw this.#gone()
    return record
  }

  async #control(request: Request): Promise<Report> {
    const report = parseReport(await this.#answer(request))
    if (report === undefined) throw this.#gone()
    return report
  }

  async #answer(request: Request, signal?: AbortSignal): Promise<Buffer> {
    const socket = this.#askFirst(request) ?? (await this.#ask(request))
    const abort = (): void => void socket.destroy(signal?.reason)
    signal?.addEventListener('abort', abort)
    try {
      return await readToEnd(socket)
    } catch (error) {
      throw hasErrno(error, 'ECONNRESET', 'EPIPE') ? this.#gone(error) : error
    } finally {
      signal?.removeEventListener('abort', abort)
      socket.destroy()
    }
  }

  /** Sends the request over the connection of the launch, if that is still there. */
  #askFirst(request: Request): Socket | undefined {
    const socket = this.#connection
    this.#connection = undefined
    if (this.socketPath === '' || !socket?.readable) return undefined
    socket.ref().write(encodeRequest(request))
    return socket
  }

  /** Connects and sends the request. */
  #ask(request: Request): Promise<Socket> {
    if (this.socketPath === '') throw new TypeError('this supervisor has no socket: its plan gave no socketPath')
    return new Promise((resolve, reject) => {
      const socket = connect({ path: this.socketPath, allowHalfOpen: true })
      const fail = (error: Error): void => reject(hasErrno(error, 'ENOENT', 'ECONNREFUSED', 'ECONNRESET') ? this.#gone(error) : error)
      socket.once('error', fail)
      socket.once('connect', () => {
        // A supervisor that ends in this moment breaks the pipe before anybody listens; whoever reads is told.
        socket.off('error', fail).on('error', () => undefined)
        socket.write(encodeRequest(request))
        resolve(socket)
      })
    })
  }

  #gone(cause?: unknown): NativeError {
    return new NativeError('NATIVE_SUPERVISOR_GONE', `no supervisor answers at ${this.socketPath}`, { kind: 'not-found', cause })
  }
}

function encodeRequest({ verb, flags = 0, rows = 0, columns = 0, signal = 0 }: Request): Buffer {
  const request = Buffer.alloc(8, verb, 'latin1')
  request.writeUInt8(flags, 1)
  request.writeUInt16LE(rows, 2)
  request.writeUInt16LE(columns, 4)
  request.writeUInt16LE(signal, 6)
  return request
}

function readToEnd(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.once('error', reject)
    socket.once('end', () => resolve(Buffer.concat(chunks)))
    socket.once('close', () => reject(socket.errored ?? Object.assign(new Error('closed before its end'), { code: 'ECONNRESET' })))
  })
}

/** Takes the byte that says the client is attached; what follows stays in the socket. */
function firstByte(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = (error?: Error): void => {
      socket.off('readable', read).off('end', finish).off('error', finish)
      if (error) reject(error)
      else resolve()
    }
    const read = (): void => {
      if (socket.read(1) !== null) finish()
    }
    socket.on('readable', read).on('end', finish).on('error', finish)
  })
}

function controlError(action: string, { errno }: Report): NativeError {
  const cause = systemError(errno, action)
  const kind = cause.code === 'ESRCH' ? 'not-found' : action === 'start' ? 'conflict' : 'invalid'
  return new NativeError('NATIVE_CONTROL_FAILED', `cannot ${action}: ${cause.message}`, { kind, cause, errno: cause.code })
}

/** Why a program could not be executed: not found, not permitted, or not a program. */
export function execError({ errno, stage }: Report, what: string): NativeError {
  const cause = systemError(errno, 'exec')
  const kind = cause.code === 'ENOENT' || cause.code === 'ENOTDIR' ? 'not-found' : cause.code === 'EACCES' ? 'denied' : 'invalid'
  return new NativeError('NATIVE_EXEC_FAILED', `cannot execute ${what}: ${cause.message}`, { kind, cause, errno: cause.code, stage })
}
