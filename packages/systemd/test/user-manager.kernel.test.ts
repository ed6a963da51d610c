import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { SystemdManager } from '../src/systemd-manager.ts'

const hasDaemon = spawnSync('dbus-daemon', ['--version']).status === 0
const noManager = expect.objectContaining({
  code: 'SYSTEMD_UNAVAILABLE',
  kind: 'unavailable',
  message: expect.stringContaining('systemd does not run for this user'),
  hint: expect.stringContaining('enable-linger'),
})

it('a user without a bus is told so, with a hint', async () => {
  await expect(SystemdManager.connect({ bus: 'unix:path=/none/bus' })).rejects.toThrow(noManager)
})

it.runIf(hasDaemon)('so is one whose bus has no systemd, also at an abstract address', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'ct-user-bus-'))
  const name = `ct-test-${process.pid}`
  const addresses = [`unix:path=${directory}/bus`, `unix:abstract=${name}`]
  const configuration = '<busconfig><policy context="default"><allow send_destination="*"/><allow own="*"/></policy></busconfig>'
  const daemon = spawn('sh', [
    '-c',
    'cat > "$0/config" && exec dbus-daemon --config-file="$0/config" --nofork --print-address --address="$1"',
    directory,
    addresses.join(';'),
  ])
  daemon.stdin.end(configuration)
  const ended = once(daemon, 'exit')
  try {
    await Promise.race([once(daemon.stdout, 'data'), ended])
    for (const bus of addresses) await expect(SystemdManager.connect({ bus })).rejects.toThrow(noManager)
  } finally {
    daemon.kill('SIGTERM')
    await ended
    rmSync(directory, { recursive: true })
  }
})
