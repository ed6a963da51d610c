import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { FileTree, packImage } from '@ct/cli'

const run = promisify(execFile)
const ctRunc = join(createRequire(import.meta.url).resolve('@ct/runtime-linux/package.json'), '../dist/ct-runc.js')

/** Docker's daemon with directories and a socket of its own, which knows `ct` as a runtime beside runc. */
async function startDocker(directory: string) {
  const host = `unix://${directory}/docker.sock`
  const places = ['--data-root', `${directory}/data`, '--exec-root', `${directory}/exec`, '-p', `${directory}/docker.pid`]
  const noNetwork = ['--bridge=none', '--iptables=false', '--ip6tables=false']
  await using log = await open(`${directory}/docker.log`, 'w')
  const daemon = spawn('dockerd', ['-H', host, ...places, ...noNetwork, '--add-runtime', `ct=${ctRunc}`], {
    stdio: ['ignore', log.fd, log.fd],
  })
  const docker = async (...args: readonly string[]) => (await run('docker', ['-H', host, ...args])).stdout
  while (!(await docker('version').catch(() => undefined))) {
    if (daemon.exitCode !== null) throw new Error(`dockerd did not start: ${await readFile(`${directory}/docker.log`, 'utf8')}`)
    await sleep(200)
  }
  return {
    docker,
    async load(archive: AsyncIterable<Uint8Array>) {
      const loading = spawn('docker', ['-H', host, 'load', '--quiet'], { stdio: ['pipe', 'ignore', 'inherit'] })
      await Promise.all([pipeline(archive, loading.stdin), once(loading, 'exit')])
    },
    async stop() {
      daemon.kill()
      await once(daemon, 'exit')
    },
  }
}

/** A container of this machine's shell, whose runtime is `ct`. */
async function runWithCt(directory: string): Promise<void> {
  const { docker, load, stop } = await startDocker(directory)
  try {
    const tree = await FileTree.open()
    for (const program of ['/bin/sh', '/bin/hostname']) await tree.addProgram(program)
    await load(await packImage(tree, { names: ['shell:latest'], cmd: ['/bin/sh'] }))
    const said = await docker('run', '--rm', '--runtime', 'ct', '--network', 'none', 'shell', 'sh', '-c', 'echo process $$ on $(hostname)')
    console.log(`A container of Docker, started by ct-runc, said: ${said.trim()}`)
    assert.match(said, /^process 1 on [0-9a-f]{12}\n$/)
  } finally {
    await stop()
  }
}

const directory = await mkdtemp('/var/tmp/ct-in-docker-')
try {
  const isHere = await run('dockerd', ['--version']).catch(() => undefined)
  if (isHere === undefined) console.log('Docker is not on this machine: apt-get install docker.io')
  else await runWithCt(directory)
} finally {
  await run('umount', [`${directory}/exec/netns/default`]).catch(() => undefined)
  await rm(directory, { recursive: true })
}
