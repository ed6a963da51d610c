import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { systemInfo } from '@ct/api'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { connect } from '../../src/daemon/connect.ts'
import { isListening } from '../../src/daemon/probe.ts'
import { LOCKED, requireRoot } from '../../src/daemon/start-daemon.ts'
import type { Places } from '../../src/host.ts'

const program = fileURLToPath(new URL('../../dist/ct.cjs', import.meta.url))
const self = [process.execPath, program]
const PATIENCE = { timeout: 15_000, interval: 50 }

type Child = ChildProcessByStdio<null, Readable, null>

describe('the daemon', () => {
  let directory: string
  let places: Places
  const children: Child[] = []

  beforeAll(() => access(program))
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ct-daemon-'))
    places = { root: join(directory, 'root'), runtimeDirectory: join(directory, 'run'), host: `unix://${directory}/run/ct.sock` }
  })
  afterEach(async () => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null) continue
      child.kill()
      await once(child, 'exit')
    }
    await vi.waitFor(async () => expect(await isListening(places.host)).toBe(false), PATIENCE)
    await rm(directory, { recursive: true, force: true })
  })

  const foreground = (...args: readonly string[]): Child => {
    const child = spawn(process.execPath, [program, 'daemon', '--root', places.root, '--runtime-dir', places.runtimeDirectory, ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(child)
    return child
  }
  const connected = (): ReturnType<typeof connect> => connect(places.host, { env: process.env, self, places, idleSeconds: 1 })

  it('says in one line when it is ready, and ends by SIGTERM', async () => {
    const child = foreground()
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    expect(line.toString()).toBe(`ct daemon ready on ${places.host}\n`)
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  })

  it('is started for a client that finds nobody, and ends when there is nothing to do', async () => {
    const client = await connected()
    expect((await client.call(systemInfo)).DockerRootDir).toBe(places.root)
    client.close()
    await vi.waitFor(async () => expect(await isListening(places.host)).toBe(false), PATIENCE)
    expect(await readFile(join(places.runtimeDirectory, 'daemon.log'), 'utf8')).toBe('')
  })

  it('is one, whoever starts it at the same time', async () => {
    const clients = await Promise.all([connected(), connected(), connected()])
    const ids = await Promise.all(clients.map(async (client) => (await client.call(systemInfo)).ID))
    expect(new Set(ids).size).toBe(1)
    for (const client of clients) client.close()
  })

  it('steps back from a root that another daemon has', async () => {
    await once(foreground().stdout, 'data')
    const second = foreground('--on-demand', '-H', `unix://${directory}/other.sock`)
    expect(await once(second, 'exit')).toEqual([LOCKED, null])
  })

  it('that cannot start is told with the end of its log', async () => {
    await mkdir(directory, { recursive: true })
    await writeFile(places.root, 'a file where a directory should be')
    await expect(connected()).rejects.toMatchObject({
      code: 'CLI_NO_DAEMON',
      kind: 'unavailable',
      hint: expect.stringMatching(/daemon\.log ends with:\n.*the daemon cannot use its directories.*\n.*choose others with --root/),
    })
  })

  it('is the only command that loads engine and server: they are not in the file', async () => {
    const text = await readFile(program.replace('ct.cjs', 'main.cjs'), 'utf8')
    expect(text).toContain('/_ping')
    expect(text).not.toMatch(/createServer|require\(["']@ct/)
    expect(text.length).toBeLessThan(200_000)
  })

  it('is for root alone', () => {
    expect(() => requireRoot(0)).not.toThrow()
    expect(() => requireRoot(1000)).toThrow(expect.objectContaining({ code: 'CLI_NEEDS_ROOT', hint: expect.stringContaining('sudo') }))
  })
})
