import type { Client } from '@ct/api'

/** A stream to write to: a file, a pipe, or a terminal with a size. */
export interface Output {
  write(text: string | Uint8Array): boolean
  once(event: 'drain', listener: () => void): unknown
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

/** Where the command reads from: a file, a pipe, or a terminal that can be made raw. */
export interface InputStream extends NodeJS.ReadableStream {
  readonly isTTY?: boolean
  setRawMode?(raw: boolean): unknown
  unref?(): unknown
}

/**
 * Everything a handler touches outside itself, so that it runs without a process of its own: in a test the streams are
 * in memory and the daemon is any.
 */
export interface Context {
  readonly stdin: InputStream
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  /** The address of the daemon, `unix:///run/ct/ct.sock`. */
  readonly host: string
  /** The client, once a daemon answers: the first call may start one. Throws `CLI_NO_DAEMON`. */
  readonly connect: () => Promise<Client>
  /** Calls the listener on each signal of that name until the returned function is called. */
  readonly onSignal: (signal: NodeJS.Signals, listener: () => void) => () => void
}

/** Writes one line, or nothing for the empty text. */
export function print(output: Output, text: string): void {
  if (text !== '') output.write(text.endsWith('\n') ? text : `${text}\n`)
}

/** Writes bytes and waits while the stream is full. */
export async function writeAll(output: Output, chunk: Uint8Array): Promise<void> {
  if (!output.write(chunk)) await new Promise<void>((resolve) => output.once('drain', resolve))
}
