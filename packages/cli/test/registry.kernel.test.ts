import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Dockerd, have } from './dockerd.ts'
import { type Outcome, ct as run } from './recorder.ts'

const program = fileURLToPath(new URL('../dist/ct.cjs', import.meta.url))

describe.skipIf(!have('dockerd') || !have('docker-registry'))('pull and push with a real registry', () => {
  let dockerd: Dockerd
  let registry: ChildProcess
  let image: string
  const ct = (...args: readonly string[]): Promise<Outcome> => run(['-H', dockerd.host, ...args], { env: { PATH: process.env.PATH } })

  beforeAll(async () => {
    await access(program)
    dockerd = await Dockerd.start()
    const port = await freePort()
    const config = `${dockerd.directory}/registry.yml`
    await writeFile(
      config,
      `version: 0.1\nstorage: {filesystem: {rootdirectory: ${dockerd.directory}/registry}}\nhttp: {addr: 127.0.0.1:${port}}\n`,
    )
    registry = spawn('docker-registry', ['serve', config], { stdio: 'ignore' })
    await answering(port)
    image = `localhost:${port}/team/tools:1`
    expect(await ct('pack', '--name', image, 'sh', 'cat', process.execPath)).toMatchObject({ exitCode: 0 })
  })
  afterAll(async () => {
    registry.kill()
    await once(registry, 'exit')
    await dockerd[Symbol.asyncDispose]()
  })

  it('pushes, and pulls what is gone', async () => {
    const pushed = await ct('push', image)
    expect(pushed).toMatchObject({ exitCode: 0, stderr: '' })
    expect(pushed.stdout).toMatch(/^The push refers to repository[\s\S]*: Pushed\n1: digest: sha256:[0-9a-f]{64} size: \d+\n$/)
    await ct('rmi', image)
    const pulled = await ct('pull', image)
    expect(pulled.stdout).toMatch(
      /^1: Pulling from team\/tools\n[0-9a-f]{12}: Pulling fs layer\n[\s\S]*: Pull complete\nDigest: sha256:.*\nStatus: Downloaded newer image/,
    )
    expect(pulled.stdout.trimEnd().split('\n').at(-1)).toBe(image)
    expect(await ct('pull', '-q', image)).toEqual({ exitCode: 0, stdout: `${image}\n`, stderr: '' })
  })

  it('draws a bar on a terminal', async () => {
    await ct('rmi', image)
    const line = [process.execPath, program, '-H', dockerd.host, 'pull', image].join(' ')
    const drawn = execFileSync('script', ['-qefc', `stty cols 100 rows 30; ${line}`, '/dev/null'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    expect(drawn).toMatch(/\x1b\[1A\r[0-9a-f]{12}: (Downloading|Extracting) +\[=*>? *\] {2}[\d.]+[kM]B\/[\d.]+MB/)
    expect(drawn).toMatch(/: Pull complete\x1b\[K\r\n/)
  })

  it('pulls what a run does not find, and goes on', async () => {
    await ct('rmi', image)
    const { exitCode, stdout, stderr } = await ct('run', '--rm', '--network', 'none', image, 'cat', '/etc/group')
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'root:x:0:\nnogroup:x:65534:\n' })
    expect(stderr).toMatch(new RegExp(`^Unable to find image '${image}' locally\n1: Pulling from team/tools\n`))
    expect(await ct('run', '--rm', '--pull', 'always', '-q', '--network', 'none', image, 'sh', '-c', 'exit 3')).toEqual({
      exitCode: 3,
      stdout: '',
      stderr: '',
    })
  })

  it('says what the registry does not have', async () => {
    expect(await ct('pull', image.replace('tools', 'nothing'))).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^ct: .*(not found|unknown)/),
    })
  })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

async function answering(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const answer = await fetch(`http://127.0.0.1:${port}/v2/`).catch(() => undefined)
    if (answer?.ok === true) return
    await sleep(100)
  }
  throw new Error(`nobody answers on port ${port}`)
}
