import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { hasErrno } from '@ct/errors'
import { NativeError } from './errors.ts'
import { helperPath } from './helper-path.ts'
import { nextReport } from './next-report.ts'
import { systemError } from './report.ts'
import { MessageWriter } from './wire.ts'

/** A helper that the server has made. */
export interface ServedHelper {
  /** Takes its input, and gives all that it says: output, then its reports. */
  readonly connection: Socket
  /** Ends it now. */
  readonly kill: () => void
}

/**
 * The helper as a server: it makes helpers by fork of itself. A fork of Node, which copies the tables of a hundred
 * megabytes, takes longer than all that a helper does.
 */
interface HelperServer {
  readonly socketPath: string
  /** Nobody connects to it any more. */
  readonly close: () => void
}

/** The verb that needs a helper at once: people wait for a process to start. */
const LAUNCHES = 'run'
/** So many helpers are started without a server: a program that needs no more would wait for it in vain. */
const STARTED_WITHOUT = 2
/** As many bytes as the address of a unix socket holds. */
const ADDRESS_BYTES = 107

/** How long after a launch began the next one's helper is made ready: it must not take the processor from what is launched. */
const SPARE_DELAY_MS = 25

let opened = 0
let server: Promise<HelperServer | undefined> | undefined
/** A helper that waits for the plan of the next launch. */
let spare: ServedHelper | undefined
let isSpareComing = false

/** A helper at work on the verb, which has its message. `undefined`: there is no server, the caller has to start one itself. */
export async function openServedHelper(verb: string, message: Uint8Array): Promise<ServedHelper | undefined> {
  opened += 1
  if (opened <= STARTED_WITHOUT) return undefined
  server ??= startServer().catch(() => undefined)
  const current = await server
  if (current === undefined) return undefined
  const isLaunch = verb === LAUNCHES
  const helper = (isLaunch ? takeSpare(message) : undefined) ?? (await connectHelper(current, Buffer.concat([word(verb), message])))
  if (isLaunch) makeSpareSoon(current)
  return helper
}

async function connectHelper({ socketPath, close }: HelperServer, message: Uint8Array): Promise<ServedHelper | undefined> {
  const connection = connect(socketPath)
  connection.on('error', () => undefined) // one that breaks ends, too, and that is what is looked at
  connection.write(message)
  try {
    const pid = await readStart(connection)
    return { connection, kill: () => connection.readable && kill(pid) }
  } catch (error) {
    connection.destroy()
    if (hasErrno(error, 'ENOENT', 'ECONNREFUSED')) close()
    return undefined
  }
}

function takeSpare(message: Uint8Array): ServedHelper | undefined {
  const helper = spare
  if (helper === undefined) return undefined
  dropSpare()
  helper.connection.off('close', dropSpare).pause().ref().write(message)
  return helper
}

function makeSpareSoon(current: HelperServer): void {
  if (isSpareComing || spare !== undefined) return
  isSpareComing = true
  setTimeout(async () => {
    const helper = await connectHelper(current, word(LAUNCHES))
    isSpareComing = false
    spare = helper
    // Flowing, it says when it has ended.
    helper?.connection.unref().on('close', dropSpare).resume()
  }, SPARE_DELAY_MS).unref()
}

function dropSpare(): void {
  spare = undefined
}

/** Ends with this program, however that ends, because its stdin does. It removes its directory. */
async function startServer(): Promise<HelperServer> {
  const directory = await mkdtemp(join(tmpdir(), 'ct-native-'))
  const socketPath = join(directory, 'socket')
  try {
    if (Buffer.byteLength(socketPath) > ADDRESS_BYTES)
      throw new NativeError('NATIVE_PATH_INVALID', `${socketPath} is too long for a socket`, { kind: 'invalid' })
    const child = spawn(helperPath(), ['serve'], { stdio: ['pipe', 'ignore', 'ignore', 'pipe', 'pipe'], detached: true, cwd: '/', env: {} })
    const [stdin, , , input, status] = child.stdio as unknown as readonly [Socket, null, null, Socket, Socket]
    await beginServing(child, directory, [input, status])
    const close = (): void => {
      server = undefined
      stdin.destroy()
    }
    child.once('exit', close)
    stdin.on('error', close).unref()
    child.unref()
    return { socketPath, close }
  } catch (error) {
    await rm(directory, { recursive: true, force: true })
    throw error
  }
}

async function beginServing(child: ChildProcess, directory: string, [input, status]: readonly [Socket, Socket]): Promise<void> {
  child.on('error', (error) => status.destroy(error))
  input.on('error', () => undefined) // it has ended; the report is missing, too
  input.write(word(directory))
  try {
    await readStart(status)
  } finally {
    input.destroy()
    status.destroy()
  }
}

function word(text: string): Uint8Array {
  return new MessageWriter(Buffer.byteLength(text) + 32).operation(1).string(text).finish()
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if (!hasErrno(error, 'ESRCH')) throw error
  }
}

/** The first report must be that all is well. */
async function readStart(stream: Readable): Promise<number> {
  const report = await nextReport(stream, 'serve')
  if (!report.ok) throw systemError(report.errno, 'serve')
  return report.pid
}
