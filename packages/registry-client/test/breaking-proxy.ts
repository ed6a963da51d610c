import { connect, createServer } from 'node:net'

/** Passes connections on to a host, and breaks the first ones after so many bytes from the client each. */
export async function breakingProxy(target: string, breaks: readonly number[]) {
  const left = [...breaks]
  const [host = '', port = ''] = target.split(':')
  const server = createServer((client) => {
    const upstream = connect(Number(port), host)
    let passed = 0
    client.on('data', (chunk: Buffer) => {
      passed += chunk.byteLength
      upstream.write(chunk)
      const [limit = Number.POSITIVE_INFINITY] = left
      if (passed < limit) return
      left.shift()
      // What was passed on is let through before the end, so that the registry has it.
      upstream.end()
      client.destroy()
    })
    upstream.pipe(client)
    for (const socket of [client, upstream]) socket.on('error', () => undefined)
    client.on('close', () => upstream.end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const at = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  return {
    host: at,
    broken: () => breaks.length - left.length,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}
