import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { BusConnection } from '../src/bus-connection.ts'
import type { BusMessage } from '../src/bus-message.ts'

const BUS = { destination: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus' }

const hasDaemon = spawnSync('dbus-daemon', ['--version']).status === 0

it.runIf(hasDaemon)('speaks with the reference implementation: values, errors and signals', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'ct-dbus-'))
  const path = join(directory, 'bus')
  const daemon = spawn('dbus-daemon', ['--session', '--nofork', '--print-address', `--address=unix:path=${path}`])
  const ended = once(daemon, 'exit')
  try {
    await Promise.race([once(daemon.stdout, 'data'), ended]) // a daemon that ended is one that nobody can connect to
    const signals: BusMessage[] = []
    using connection = await BusConnection.open(path, (message) => signals.push(message))
    const [name] = await connection.call({ ...BUS, member: 'Hello' })
    expect(await connection.call({ ...BUS, member: 'ListNames' })).toEqual([[BUS.destination, name]])
    expect(await connection.call({ ...BUS, member: 'GetNameOwner', signature: 's', values: [BUS.destination] })).toEqual([BUS.destination])
    const credentials = await connection.call({ ...BUS, member: 'GetConnectionCredentials', signature: 's', values: [name as string] })
    expect(JSON.stringify(credentials)).toContain(JSON.stringify(['ProcessID', { signature: 'u', value: process.pid }]))
    const missing = { ...BUS, member: 'GetNameOwner', signature: 's', values: ['none.none'] }
    await expect(connection.call(missing)).rejects.toThrow(expect.objectContaining({ code: 'SYSTEMD_REFUSED', kind: 'not-found' }))
    expect(signals.map(({ member, values }) => `${member} ${values}`)).toContain(`NameAcquired ${name}`)
  } finally {
    daemon.kill('SIGTERM')
    await ended
    rmSync(directory, { recursive: true })
  }
})
