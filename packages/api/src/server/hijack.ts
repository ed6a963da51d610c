import type { IncomingMessage } from 'node:http'
import { type Duplex, PassThrough, type Readable } from 'node:stream'
import { compareVersions } from '../api-version.ts'
import { watchForDetach } from './detach-keys.ts'
import type { StreamAnswer } from './handler.ts'

/** How long a client may take to close its side once it has all that the stream gave. */
const LINGER_MS = 1000

/** What a client says on a connection that is no longer HTTP. */
export interface TakenConnection {
  readonly socket: Duplex
  /** What comes from the client. */
  readonly input: Readable
}

/**
 * Takes the connection of a request out of the hands of the HTTP parser, before anything is answered. A body that is
 * still on its way (a client that streams stdin as a chunked body) goes on to be read as HTTP.
 */
export function takeConnection(request: IncomingMessage): TakenConnection {
  const { socket } = request
  const streamsBody = !request.complete && request.headers['transfer-encoding'] !== undefined
  if (!streamsBody) for (const event of ['data', 'end', 'drain']) socket.removeAllListeners(event)
  for (const event of ['error', 'timeout']) socket.removeAllListeners(event)
  socket.setTimeout(0)
  // A broken connection closes, and that is where both ends are let go of.
  socket.on('error', () => socket.destroy())
  return { socket, input: streamsBody ? request : socket.pipe(new PassThrough()) }
}

/** The head of an answer after which the connection is a stream: 101 for a client that asked to upgrade, else 200. */
export function hijackHead(request: IncomingMessage, tty: boolean, version: string): string {
  const framed = !tty && compareVersions(version, '1.42') >= 0
  const type = (name: string): string => `Content-Type: application/vnd.docker.${name}-stream\r\n`
  return request.headers.upgrade === undefined
    ? `HTTP/1.1 200 OK\r\n${type('raw')}\r\n`
    : `HTTP/1.1 101 UPGRADED\r\n${type(framed ? 'multiplexed' : 'raw')}Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n`
}

/** Connects a client with a container until one of them ends, or the signal aborts; resolves then. */
export function connect({ socket, input }: TakenConnection, answer: StreamAnswer, signal: AbortSignal): Promise<void> {
  const { stream, tty, detachKeys } = answer
  return new Promise((resolve) => {
    const release = (): void => {
      stream.destroy()
      input.destroy()
      socket.destroy()
      resolve()
    }
    // A stream that breaks ends for the client, too; a slow client still gets all that came before.
    for (const event of ['error', 'close']) stream.on(event, () => socket.end())
    stream.pipe(socket)
    socket.once('close', release)
    signal.addEventListener('abort', release, { once: true })
    socket.once('finish', () => setTimeout(release, LINGER_MS).unref())
    if (tty) input.pipe(watchForDetach(detachKeys, release)).pipe(stream)
    else input.pipe(stream)
  })
}
