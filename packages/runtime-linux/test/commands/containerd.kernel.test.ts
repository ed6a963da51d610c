import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { makeBusyboxRoot } from '../busybox-root.ts'
import { buildCtRunc } from '../ct-runc-program.ts'

const root = makeBusyboxRoot()
const { directory } = root
const program = `${directory}/program/ct-runc.js`
const namespace = `ct-test-${process.pid}`
const isHere = ['containerd', 'containerd-shim-runc-v2', 'ctr'].every((name) => spawnSync('which', [name]).status === 0)

function ctr(...argv: string[]) {
  const { status, stdout, stderr } = spawnSync('ctr', ['-a', `${directory}/sock`, '-n', namespace, ...argv], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return { status, stdout, stderr }
}

/** Runs a container on ct-runc; flags of `ctr run` come first. */
function run(flags: readonly string[], id: string, ...args: string[]) {
  return ctr('run', ...flags, '--rootfs', '--runc-binary', program, '--env', 'PATH=/bin', root.rootfs, id, ...args)
}

describe.skipIf(!isHere)("containerd's shim", () => {
  let daemon: ChildProcess

  beforeAll(async () => {
    await buildCtRunc(program)
    const config = ['version = 2', `root = "${directory}/containerd"`, `state = "${directory}/containerd-state"`]
    const sockets = ['[grpc]', `address = "${directory}/sock"`, '[ttrpc]', `address = "${directory}/ttrpc"`]
    const without = 'disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]'
    writeFileSync(`${directory}/containerd.toml`, [...config, without, ...sockets].join('\n'))
    const log = openSync(`${directory}/containerd.log`, 'w')
    daemon = spawn('containerd', ['--config', `${directory}/containerd.toml`], { stdio: ['ignore', log, log] })
    await vi.waitUntil(() => ctr('version').status === 0, { timeout: 30_000, interval: 200 })
  }, 40_000)

  afterAll(async () => {
    const gone = once(daemon, 'exit')
    daemon.kill('SIGTERM')
    await gone
    for (const hierarchy of readdirSync('/sys/fs/cgroup')) {
      const left = `/sys/fs/cgroup/${hierarchy}/${namespace}`
      if (existsSync(left)) rmdirSync(left)
    }
    root[Symbol.dispose]()
  })

  it('runs a program and hands on its output and exit status', () => {
    expect(run(['--rm'], 'one', 'sh', '-c', 'echo out; exit 5')).toMatchObject({ status: 5, stdout: 'out\n' })
    expect(run(['--rm'], 'none', '/no/such').status).not.toBe(0)
  })

  it('executes in a container, limits, pauses, stops and removes it', async () => {
    const script = 'trap "exit 9" TERM; while :; do sleep 0.1; done'
    expect(run(['-d', '--memory-limit', '67108864'], 'life', 'sh', '-c', script).status).toBe(0)
    const cgroup = `/sys/fs/cgroup/memory/${namespace}/life`
    if (existsSync('/sys/fs/cgroup/memory')) expect(readFileSync(`${cgroup}/memory.limit_in_bytes`, 'utf8')).toBe('67108864\n')
    expect(ctr('task', 'exec', '--exec-id', 'e1', 'life', 'sh', '-c', 'echo in; exit 4')).toMatchObject({ status: 4, stdout: 'in\n' })
    expect(ctr('task', 'pause', 'life').status).toBe(0)
    expect(ctr('task', 'ls').stdout).toMatch(/^life +\d+ +PAUSED/m)
    expect(ctr('task', 'resume', 'life').status).toBe(0)
    expect(ctr('task', 'kill', '-s', 'TERM', 'life').status).toBe(0)
    await expect.poll(() => ctr('task', 'ls').stdout, { timeout: 20_000 }).toMatch(/^life +\d+ +STOPPED/m)
    expect(ctr('task', 'rm', 'life')).toMatchObject({ status: 0, stderr: expect.stringContaining('exit code 9') })
    expect(ctr('container', 'rm', 'life').status).toBe(0)
    expect(existsSync(cgroup)).toBe(false)
  })
})
