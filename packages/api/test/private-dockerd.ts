import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '../src/client/client.ts'
import { systemPingHead } from '../src/endpoints/system-ping-head.ts'
import { busyboxDirectory } from './busybox.ts'

/** A dockerd of its own with an image `busybox:latest`. */
export interface PrivateDockerd extends AsyncDisposable {
  readonly host: string
}

/** Starts dockerd beside whatever else runs on this machine; disposing ends it and removes what it left. */
export async function startDockerd(): Promise<PrivateDockerd> {
  const directory = mkdtempSync(join(tmpdir(), 'ct-dockerd-'))
  const [root, run, socket] = ['data', 'exec', 'docker.sock'].map((name) => join(directory, name))
  const host = `unix://${socket}`
  const options = [
    '--data-root',
    `${root}`,
    '--exec-root',
    `${run}`,
    '-H',
    host,
    '-p',
    join(directory, 'pid'),
    '--bridge=none',
    '--iptables=false',
  ]
  const daemon = spawn('dockerd', options, { stdio: 'ignore' })
  const stop = async (): Promise<void> => {
    daemon.kill('SIGTERM')
    if (daemon.exitCode === null) await once(daemon, 'exit')
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    await answering(host)
    const files = join(directory, 'busybox')
    mkdirSync(files)
    execFileSync('sh', [
      '-c',
      'tar -C "$1" -c . | docker -H "$2" import -c \'CMD ["sh"]\' - busybox:latest',
      'sh',
      busyboxDirectory(files),
      host,
    ])
  } catch (error) {
    await stop()
    throw error
  }
  return { host, [Symbol.asyncDispose]: stop }
}

async function answering(host: string): Promise<void> {
  const client = createClient({ host })
  for (let attempt = 0; attempt < 150; attempt++) {
    try {
      return await client.call(systemPingHead)
    } catch {
      await sleep(200)
    }
  }
  throw new Error('dockerd did not start')
}
