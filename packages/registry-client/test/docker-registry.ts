import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Whether Debian's registry is installed here. */
export const hasDockerRegistry = spawnSync('docker-registry', ['--version']).status === 0

/** A running registry; disposing of it stops it and removes what it stored. */
export interface DockerRegistry extends AsyncDisposable {
  readonly host: string
}

/** Starts Debian's docker-registry on a free port, with a login when one is given. */
export async function startDockerRegistry(login?: { readonly username: string; readonly password: string }): Promise<DockerRegistry> {
  const directory = await mkdtemp(join(tmpdir(), 'ct-docker-registry-'))
  const host = `127.0.0.1:${await freePort()}`
  const storage = `storage: { filesystem: { rootdirectory: ${directory}/data } }`
  const auth = login === undefined ? '' : `auth: { htpasswd: { realm: test, path: ${directory}/htpasswd } }`
  await writeFile(join(directory, 'config.yml'), `version: 0.1\nlog: { level: error }\n${storage}\nhttp: { addr: '${host}' }\n${auth}\n`)
  if (login !== undefined)
    execFileSync('htpasswd', ['-Bbc', join(directory, 'htpasswd'), login.username, login.password], { stdio: 'ignore' })
  const child = spawn('docker-registry', ['serve', join(directory, 'config.yml')], { stdio: 'ignore' })
  const dispose = async () => {
    child.kill('SIGKILL')
    await rm(directory, { recursive: true, force: true, maxRetries: 5 })
  }
  for (let attempt = 0; attempt < 100; attempt++) {
    const answer = await fetch(`http://${host}/v2/`).catch(() => undefined)
    await answer?.body?.cancel()
    if (answer !== undefined) return { host, [Symbol.asyncDispose]: dispose }
    await sleep(50)
  }
  await dispose()
  throw new Error('docker-registry did not start')
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
