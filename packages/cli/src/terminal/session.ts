import type { Duplex } from 'node:stream'
import { demultiplex } from '@ct/api'
import { type Context, type Output, writeAll } from '../context.ts'
import { DetachScanner } from './detach-keys.ts'

/** How our streams are joined to those of a container. */
export interface SessionOptions {
  /** The connection that attach or exec took over. */
  readonly stream: Duplex
  /** Whether the container has a terminal: one raw stream instead of frames. */
  readonly tty: boolean
  /** Whether our stdin is passed on. */
  readonly stdin: boolean
  /** Bytes that end the session and leave the container running. */
  readonly detachKeys: Uint8Array
}

/**
 * Joins the streams until the container's output ends or a person types the detach keys. Our terminal is raw in the
 * meantime and as before afterwards; the end of our stdin is passed on as end of file.
 */
export async function runSession(context: Context, { stream, tty, stdin, detachKeys }: SessionOptions): Promise<'ended' | 'detached'> {
  const isRaw = tty && stdin && context.stdin.isTTY === true && context.stdin.setRawMode !== undefined
  if (isRaw) context.stdin.setRawMode?.(true)
  const input = stdin ? passInput(context, stream, new DetachScanner(tty ? detachKeys : new Uint8Array())) : undefined
  try {
    const output = copyOutput(context, stream, tty).then(() => 'ended' as const)
    return await Promise.race(input === undefined ? [output] : [output, input.detached])
  } finally {
    input?.stop()
    if (isRaw) context.stdin.setRawMode?.(false)
    stream.destroy()
  }
}

async function copyOutput({ stdout, stderr }: Context, stream: Duplex, tty: boolean): Promise<void> {
  if (tty) {
    for await (const chunk of stream) await writeAll(stdout, chunk as Uint8Array)
    return
  }
  for await (const { stream: name, chunk } of demultiplex(stream)) await writeAll(name === 'stderr' ? stderr : stdout, chunk)
}

interface InputPass {
  readonly detached: Promise<'detached'>
  stop(): void
}

function passInput({ stdin }: Context, stream: Duplex, scanner: DetachScanner): InputPass {
  let detach: (value: 'detached') => void
  const detached = new Promise<'detached'>((resolve) => {
    detach = resolve
  })
  const onData = (chunk: Uint8Array | string): void => {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    const { pass, detached: isDetached } = scanner.scan(bytes)
    if (isDetached) detach('detached')
    else if (pass.length > 0 && !stream.write(pass)) {
      stdin.pause()
      stream.once('drain', () => stdin.resume())
    }
  }
  const onEnd = (): void => {
    stream.end()
  }
  // A container that ends takes its stdin with it; what it did not read is nobody's error.
  stream.on('error', () => stdin.pause())
  stdin.on('data', onData).once('end', onEnd)
  return {
    detached,
    stop() {
      stdin.off('data', onData).off('end', onEnd)
      stdin.pause()
      // A pipe that is still open must not keep the process.
      ;(stdin as { unref?(): unknown }).unref?.()
    },
  }
}

/** Rows and columns of the terminal, if it is one. */
export function terminalSize({ rows, columns, isTTY }: Output): { readonly h: number; readonly w: number } | undefined {
  return isTTY === true && rows !== undefined && columns !== undefined ? { h: rows, w: columns } : undefined
}

/** Tells the size now and after every change, until the returned function is called. */
export function followSize({ stdout, onSignal }: Context, resize: (size: { readonly h: number; readonly w: number }) => void): () => void {
  const tell = (): void => {
    const size = terminalSize(stdout)
    if (size !== undefined) resize(size)
  }
  tell()
  return onSignal('SIGWINCH', tell)
}

const PROXIED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGCONT'] as const

/** Passes the signals that reach us on to the container, until the returned function is called. */
export function proxySignals({ onSignal }: Context, send: (signal: string) => void): () => void {
  const stops = PROXIED.map((signal) => onSignal(signal, () => send(signal)))
  return () => {
    for (const stop of stops) stop()
  }
}
