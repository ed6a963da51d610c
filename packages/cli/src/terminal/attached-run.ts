import type { Duplex } from 'node:stream'
import { type Client, containerAttach, containerKill, containerResize, containerWait } from '@ct/api'
import { isCtError } from '@ct/errors'
import type { Context } from '../context.ts'
import type { Attachment } from '../create/create-body.ts'
import { CliError } from '../errors.ts'
import { DEFAULT_DETACH_KEYS, parseDetachKeys } from './detach-keys.ts'
import { followSize, proxySignals, runSession } from './session.ts'

/** A container to be joined with our streams. */
export interface AttachedRun {
  readonly id: string
  readonly tty: boolean
  readonly attachment: Attachment
  /** What `wait` is asked for: `removed` for a container that removes itself, `next-exit` before a start. */
  readonly condition: 'removed' | 'next-exit' | 'not-running'
  readonly detachKeys?: string | undefined
  /** @default true */
  readonly sigProxy?: boolean | undefined
  /** Starts the container once its streams are attached; absent when it runs already. */
  readonly start?: () => Promise<unknown>
}

/**
 * Attaches, waits and starts in the order that loses nothing: the wait is registered and the streams are joined before
 * the container runs. Gives the exit status of the container, 0 after a detach.
 */
export async function runAttached(client: Client, context: Context, run: AttachedRun): Promise<number> {
  const detachKeys = parseDetachKeys(run.detachKeys ?? DEFAULT_DETACH_KEYS)
  const aborter = new AbortController()
  const { opened, exited } = beginWait(client, run, aborter.signal)
  const [stream] = await Promise.all([attach(client, run), opened])
  const stops: (() => void)[] = []
  try {
    const session =
      stream === undefined ? undefined : runSession(context, { stream, tty: run.tty, stdin: run.attachment.stdin, detachKeys })
    session?.catch(ignoreUntilAwaited)
    if (run.sigProxy !== false)
      stops.push(proxySignals(context, (signal) => tell(client.call(containerKill, { params: { id: run.id }, query: { signal } }))))
    await run.start?.()
    if (run.tty) stops.push(followSize(context, (query) => tell(client.call(containerResize, { params: { id: run.id }, query }))))
    if ((await session) === 'detached') {
      context.stderr.write('\r\nread escape sequence\r\n')
      return 0
    }
    return await exited
  } finally {
    for (const stop of stops) stop()
    stream?.destroy()
    aborter.abort()
  }
}

/** The error of docker for `-t` with a stdin that is a file or pipe. */
export function requireTerminal({ stdin }: Context, tty: boolean, attachStdin: boolean): void {
  if (tty && attachStdin && stdin.isTTY !== true) throw new CliError('CLI_NO_TTY', 'the input device is not a TTY', { kind: 'invalid' })
}

async function attach(client: Client, { id, attachment, detachKeys }: AttachedRun): Promise<Duplex | undefined> {
  const { stdin, stdout, stderr } = attachment
  if (!stdin && !stdout && !stderr) return undefined
  return client.hijack(containerAttach, { params: { id }, query: { stream: true, stdin, stdout, stderr, detachKeys } })
}

function beginWait(
  client: Client,
  { id, condition }: AttachedRun,
  signal: AbortSignal,
): { readonly opened: Promise<void>; readonly exited: Promise<number> } {
  let onOpen: () => void
  const headers = new Promise<void>((resolve) => {
    onOpen = resolve
  })
  const call = client.call(containerWait, { params: { id }, query: { condition }, signal, onOpen: () => onOpen() })
  const exited = call.then(({ StatusCode, Error: failure }) => {
    if (failure?.Message === undefined || failure.Message === '') return StatusCode
    throw new CliError('CLI_ENGINE_FAILED', failure.Message, { kind: 'internal', exitCode: 125 })
  })
  exited.catch(ignoreUntilAwaited)
  return { opened: Promise.race([headers, exited.then(() => undefined)]), exited }
}

/** A signal or a size may come too late for the container; what the daemon says then is no failure of the run. */
function tell(call: Promise<unknown>): void {
  call.catch((error: unknown) => {
    if (!isCtError(error)) throw error
  })
}

/** For promises that are awaited later, or not at all when something else fails first. */
function ignoreUntilAwaited(): undefined {
  return undefined
}
