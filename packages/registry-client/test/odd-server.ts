import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/** A request as it came. */
export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A server made for one test. */
export interface OddServer extends AsyncDisposable {
  readonly host: string
  /** What it was asked, as `METHOD /path`. */
  readonly asked: string[]
  readonly seen: Seen[]
  /** Connections that were made to it. */
  connections(): number
}

/** Answers a request; the body has been read. */
export type Answer = (request: Seen, response: ServerResponse, count: number) => void

/** Starts a server on a free port of the loopback that answers as the test wants. */
export async function oddServer(answer: Answer): Promise<OddServer> {
  const seen: Seen[] = []
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk)
    } catch (error) {
      if (!(error instanceof Error)) throw error
    }
    const { method = '', url = '', headers } = request
    const one = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') }
    seen.push(one)
    asked.push(`${method} ${url}`)
    answer(one, response, seen.length)
  })
  let connections = 0
  server.on('connection', () => connections++)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const host = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  const close = () => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  }
  return { host, asked, seen, connections: () => connections, [Symbol.asyncDispose]: close }
}

/** Ends an answer with a status, headers and text. */
export function reply(response: ServerResponse, status: number, headers: Record<string, string> = {}, text: string | Buffer = ''): void {
  response.writeHead(status, { 'content-length': String(Buffer.byteLength(text)), ...headers }).end(text)
}
