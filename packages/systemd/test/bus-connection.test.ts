import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { BusConnection } from '../src/bus-connection.ts'

const hello = { destination: 'a.b', path: '/', interface: 'a.b', member: 'Hello' }

/** Listens as a hostile peer would, until the test is over. */
async function peer(answer: (socket: Socket, chunk: Buffer) => void) {
  const directory = mkdtempSync(join(tmpdir(), 'ct-bus-'))
  const server = createServer((socket) => socket.on('data', (chunk) => answer(socket, chunk)).on('error', () => socket.destroy()))
  server.listen(join(directory, 'bus'))
  await once(server, 'listening')
  return {
    path: join(directory, 'bus'),
    [Symbol.dispose]() {
      server.close()
      rmSync(directory, { recursive: true })
    },
  }
}

const unavailable = expect.objectContaining({ code: 'SYSTEMD_UNAVAILABLE', kind: 'unavailable' })

it('nobody listens', async () => {
  await expect(BusConnection.open('/none/bus', () => undefined)).rejects.toThrow(unavailable)
})

it('who is rejected is told so', async () => {
  using bus = await peer((socket) => socket.write('REJECTED EXTERNAL\r\n'))
  await expect(BusConnection.open(bus.path, () => undefined)).rejects.toThrow(unavailable)
})

it('who asks more than once who it is lets nobody in', async () => {
  using bus = await peer((socket, chunk) => socket.write(chunk.includes('DATA') || chunk.includes('AUTH') ? 'DATA\r\n' : ''))
  await expect(BusConnection.open(bus.path, () => undefined)).rejects.toThrow(unavailable)
})

it('a greeting without end is none', async () => {
  using bus = await peer((socket) => socket.write('O'.repeat(5000)))
  await expect(BusConnection.open(bus.path, () => undefined)).rejects.toThrow(unavailable)
})

it('an answer that is no message ends the connection', async () => {
  using bus = await peer((socket, chunk) => socket.write(chunk.includes('AUTH') ? 'OK 1\r\n' : Buffer.alloc(64, 'x')))
  using connection = await BusConnection.open(bus.path, () => undefined)
  const refused = expect.objectContaining({ code: 'SYSTEMD_BAD_ANSWER', kind: 'corrupt' })
  await expect(connection.call(hello)).rejects.toThrow(refused)
  await expect(connection.call(hello)).rejects.toThrow(refused)
})

it('a peer that goes leaves no call without an answer', async () => {
  using bus = await peer((socket, chunk) =>
    chunk.includes('AUTH') ? socket.write('OK 1\r\n') : chunk.includes('BEGIN\r\nl') && socket.destroy(),
  )
  using connection = await BusConnection.open(bus.path, () => undefined)
  await Promise.all([expect(connection.closed).rejects.toThrow(unavailable), expect(connection.call(hello)).rejects.toThrow(unavailable)])
})
