import type { Socket } from 'node:net'
import type { buildConnector } from 'undici'
import connectorOf from 'undici/lib/core/connect.js'

const bufferBytes = 256 * 1024

/**
 * Connects sockets that read into one buffer each, again and again, instead of into a fresh 64 KiB for every read, which costs more
 * than everything else that is done with the bytes. What `read()` gives is good until the next read of the socket, and undici is done
 * with it by then: it parses a chunk at once, and what it hands on of it is copied by {@link ResponseBody}.
 */
export function readingConnector(options: buildConnector.BuildOptions): buildConnector.connector {
  return (place, callback) => {
    const buffer = Buffer.allocUnsafeSlow(bufferBytes)
    const reader = new Reader()
    const onread = { buffer, callback: (bytes: number) => reader.arrived(buffer.subarray(0, bytes)) }
    // Options that it does not know go to `net.connect` and `tls.connect`, which know this one.
    const connect = connectorOf({ ...options, onread } as buildConnector.BuildOptions)
    // It returns the socket at once; its types know only the callback.
    reader.attach(connect(place, callback) as unknown as Socket)
  }
}

/** What a socket has read and its reader has not taken yet: a chunk at most, as the socket stops meanwhile. */
class Reader {
  #socket: Socket | undefined
  #chunk: Uint8Array | undefined

  /** The stream's own buffer stays empty; its end and its errors come as ever. */
  attach(socket: Socket): void {
    this.#socket = socket
    const readOn = socket.read.bind(socket)
    socket.read = () => {
      const chunk = this.#chunk
      this.#chunk = undefined
      return chunk ?? readOn()
    }
    socket.unshift = (chunk: Uint8Array) => {
      this.#chunk = chunk
      return true
    }
  }

  /** False stops the socket until it is read from again. */
  arrived(chunk: Uint8Array): boolean {
    this.#chunk = chunk
    this.#socket?.emit('readable')
    return this.#chunk === undefined
  }
}
