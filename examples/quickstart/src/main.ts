import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { serveRegistry } from '@ct/registry'

const ct = join(createRequire(import.meta.url).resolve('@ct/cli/package.json'), '../dist/ct.cjs')
const directory = await mkdtemp('/var/tmp/ct-quickstart-')

/** Does one thing, and prints what it was and how long it took. */
async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now()
  const result = await work()
  console.log(`${`${(performance.now() - began).toFixed(0)} ms`.padStart(9)}  ${what}`)
  return result
}

/** A machine of its own, as far as images and containers go: a daemon with its own directories and socket. */
async function startMachine(name: string) {
  const socket = `unix://${directory}/${name}.sock`
  const places = ['--root', `${directory}/${name}`, '--runtime-dir', `${directory}/${name}-run`, '-H', socket]
  const daemon = spawn(process.execPath, [ct, 'daemon', ...places], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(createInterface(daemon.stdout), 'line')
  return {
    run: async (...args: readonly string[]) => (await promisify(execFile)(process.execPath, [ct, '-H', socket, ...args])).stdout,
    stop: async () => {
      daemon.kill()
      await once(daemon, 'exit')
    },
  }
}

const builder = await step('start a daemon', () => startMachine('builder'))
const server = await step('start another one, whose store is empty', () => startMachine('server'))
const registry = await step('start a private registry', () => serveRegistry({ root: `${directory}/registry`, host: '127.0.0.1', port: 0 }))
try {
  const image = `${new URL(registry.url).host}/team/tools:1`
  const programs = ['/bin/sh', '/bin/cat', '/bin/ls', '/bin/uname', process.execPath]
  await step(`pack ${programs.join(' ')} as an image`, () => builder.run('pack', '--name', image, ...programs))
  await step(`push ${image}`, () => builder.run('push', image))
  await step('pull it into the empty store', () => server.run('pull', image))
  const script = 'console.log("process", process.pid, "of a container on", require("os").release())'
  const run = (...command: readonly string[]) => server.run('run', '--rm', '--network', 'none', image, ...command)
  const said = await step('run node in a container', () => run(process.execPath, '-e', script))
  await step('run ls in another', () => run('ls', '/'))
  console.log(`\nThe container said: ${said.trim()}`)
  if (!said.startsWith('process 1 of a container')) throw new Error('that is not what it should have said')
} finally {
  await Promise.all([builder.stop(), server.stop(), registry.close()])
  await rm(directory, { recursive: true })
}
