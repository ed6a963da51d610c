import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultSpec, type Spec } from '../../src/index.ts'
import { buildCtRunc } from '../ct-runc-program.ts'
import { TestRuntime } from '../test-runtime.ts'

const box = new TestRuntime()
const { directory } = box.root
const program = `${directory}/program/ct-runc.js`

beforeAll(() => buildCtRunc(program))
afterAll(() => box[Symbol.asyncDispose]())

function arguments_(argv: readonly string[]): string[] {
  return [program, '--root', `${directory}/runc-state`, '--cgroup-parent', box.cgroupParent, ...argv]
}

function ctRunc(...argv: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, arguments_(argv), {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return { status, stdout, stderr }
}

function writeConfig(args: string[], change: (spec: Spec) => Spec = (spec) => spec): void {
  writeFileSync(`${directory}/config.json`, JSON.stringify(change(defaultSpec({ args, hostname: 'box' }))))
}

describe('ct-runc', () => {
  it('runs a bundle with its own stdio and exit status', () => {
    writeConfig(['sh', '-c', 'echo out; echo err >&2; echo $HOME; exit 9'])
    expect(ctRunc('run', 'one')).toEqual({ status: 9, stdout: 'out\n/root\n', stderr: 'err\n' })
    expect(ctRunc('list', '-q').stdout).toBe('')
  })

  it('creates, starts, looks into, pauses, kills and deletes', async () => {
    writeConfig(['sleep', '100'])
    expect(detached('create', '--pid-file', `${directory}/pid`, 'two')).toBe(0)
    const pid = Number(readFileSync(`${directory}/pid`, 'utf8'))
    const state = () => JSON.parse(ctRunc('state', 'two').stdout)
    expect(state()).toMatchObject({ id: 'two', status: 'created', pid, bundle: directory, rootfs: `${directory}/rootfs` })
    expect(ctRunc('start', 'two').status).toBe(0)
    expect(ctRunc('start', 'two')).toMatchObject({ status: 1, stderr: expect.stringContaining('two is running, not created') })
    expect(ctRunc('exec', '--env', 'X=1', '--cwd', '/etc', '--user', '1815:42', 'two', 'sh', '-c', 'echo $X $PWD; id -u; exit 4')).toEqual({
      status: 4,
      stdout: '1 /etc\n1815\n',
      stderr: '',
    })
    expect(ctRunc('exec', 'two', 'none')).toMatchObject({
      status: 255,
      stderr: expect.stringContaining('executable file not found in $PATH'),
    })
    expect(JSON.parse(ctRunc('ps', '--format', 'json', 'two').stdout)).toEqual([pid])
    expect(ctRunc('pause', 'two').status).toBe(0)
    expect(state().status).toBe('paused')
    expect(ctRunc('resume', 'two').status).toBe(0)
    expect(ctRunc('delete', 'two').status).toBe(1)
    expect(ctRunc('kill', 'two', 'KILL').status).toBe(0)
    await expect.poll(() => state().status).toBe('stopped')
    expect(ctRunc('kill', 'two')).toMatchObject({ status: 1, stderr: expect.stringContaining('container not running') })
    expect(ctRunc('delete', 'two').status).toBe(0)
    expect(box.cgroupDirectories(`/${box.cgroupParent}/two`)).toEqual([])
  })

  it('executes what a process file says, and refuses what cannot be', () => {
    writeConfig(['sleep', '100'])
    expect(detached('run', '--detach', 'exec')).toBe(0)
    const file = `${directory}/process.json`
    writeFileSync(
      file,
      JSON.stringify({
        args: ['sh', '-c', 'id -u; pwd; echo $A; umask'],
        env: ['PATH=/bin', 'A=b'],
        cwd: '/tmp',
        user: { uid: 1815, gid: 1815, umask: 0o27 },
      }),
    )
    expect(ctRunc('exec', '--process', file, 'exec').stdout).toBe('1815\n/tmp\nb\n0027\n')
    expect(ctRunc('exec', '--cap', 'CAP_SYS_NICE', 'exec', 'grep', 'CapEff', '/proc/self/status').stdout).toBe(
      'CapEff:\t00000000a88425fb\n',
    )
    expect(ctRunc('exec', '--no-new-privs', 'exec', 'grep', 'NoNewPrivs', '/proc/self/status').stdout).toBe('NoNewPrivs:\t1\n')
    for (const wrong of [
      ['--cap', 'CAP_FLY'],
      ['--user', 'ada'],
      ['--cgroup', 'none'],
      ['--process', '/none'],
    ]) {
      expect(ctRunc('exec', ...wrong, 'exec', 'true')).toMatchObject({ status: 255, stdout: '' })
    }
    expect(ctRunc('list').stdout).toMatch(/^exec +\d+ +running +.+ root +$/m)
    expect(ctRunc('delete', '--force', 'exec').status).toBe(0)
  })

  it('changes limits by flags and by a file, and tells what is used', () => {
    writeConfig(['sleep', '100'])
    expect(detached('run', '--detach', 'limits')).toBe(0)
    expect(
      ctRunc(
        'update',
        '--memory',
        '64m',
        '--memory-swap',
        '128m',
        '--pids-limit',
        '33',
        '--cpu-period',
        '50000',
        '--cpu-quota',
        '20000',
        'limits',
      ).status,
    ).toBe(0)
    const { data } = JSON.parse(ctRunc('events', '--stats', 'limits').stdout)
    expect(data).toMatchObject({ memory: { usage: { limit: 64 << 20 } }, pids: { limit: 33, current: 1 } })
    const cgroup = `${box.cgroupParent}/limits`
    expect(readFileSync(`/sys/fs/cgroup/cpu/${cgroup}/cpu.cfs_quota_us`, 'utf8')).toBe('20000\n')
    writeFileSync(`${directory}/limits.json`, JSON.stringify({ pids: { limit: 44 }, cpu: { shares: 512 } }))
    expect(ctRunc('update', '-r', `${directory}/limits.json`, 'limits').status).toBe(0)
    expect(readFileSync(`/sys/fs/cgroup/pids/${cgroup}/pids.max`, 'utf8')).toBe('44\n')
    expect(ctRunc('update', '--memory', '1k', 'limits')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('memory.limit_in_bytes'),
    })
    expect(ctRunc('delete', '--force', 'limits').status).toBe(0)
  })

  it('tells of processes that the kernel kills for want of memory', async () => {
    writeConfig(['sh', '-c', 'while :; do dd if=/dev/zero of=/dev/null bs=200M count=1; sleep 0.2; done 2>/dev/null'], (spec) => ({
      ...spec,
      linux: { ...spec.linux, resources: { memory: { limit: 16 << 20, swap: 16 << 20 } } },
    }))
    expect(detached('run', '--detach', 'oom')).toBe(0)
    const watcher = spawn(process.execPath, arguments_(['events', '--interval', '1h', 'oom']), { stdio: ['ignore', 'pipe', 'inherit'] })
    let lines = ''
    watcher.stdout.on('data', (chunk) => (lines += chunk))
    await expect.poll(() => lines, { timeout: 20_000 }).toContain('{"type":"oom","id":"oom"}\n')
    const ended = new Promise((resolve) => watcher.once('exit', resolve))
    expect(ctRunc('delete', '--force', 'oom').status).toBe(0)
    expect(await ended).toBe(0)
    expect(lines).toMatch(/^\{"type":"stats","id":"oom","data":/)
  })

  it('hands the terminal to the console socket', async () => {
    writeConfig(['sh', '-c', 'stty size; sleep 0.2'], (spec) => ({
      ...spec,
      process: spec.process && { ...spec.process, terminal: true, consoleSize: { height: 12, width: 34 } },
    }))
    expect(detached('create', 'three')).toBe(1)
    const path = `${directory}/console.sock`
    const server = createServer()
    const connected = new Promise<Socket>((resolve) => server.once('connection', resolve))
    await new Promise<void>((resolve) => server.listen(path, resolve))
    const created = spawn(process.execPath, arguments_(['create', '--console-socket', path, 'three']), { cwd: directory, stdio: 'ignore' })
    const [status] = await Promise.all([
      new Promise((resolve) => created.once('exit', resolve)),
      connected.then((socket) => socket.resume()),
    ])
    expect(status).toBe(0)
    expect(ctRunc('delete', '--force', 'three').status).toBe(0)
    server.close()
  })

  it('passes signals on', async () => {
    writeConfig(['sh', '-c', 'trap "exit 5" TERM; echo ready; while :; do sleep 0.05; done'])
    const child = spawn(process.execPath, arguments_(['run', 'four']), { cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise((resolve) => child.stdout.once('data', resolve))
    child.kill('SIGTERM')
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(5)
  })

  it('works where cgroups are of version 2 alone', () => {
    writeConfig(['sleep', '100'])
    const only = ['unshare', ['-m', 'sh', '-c', 'mount -t cgroup2 none /sys/fs/cgroup && exec "$@"', 'sh', process.execPath]] as const
    const inV2 = (...argv: string[]) =>
      spawnSync(only[0], [...only[1], ...arguments_(argv)], { cwd: directory, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] })
    const cgroup = `/sys/fs/cgroup/unified/${box.cgroupParent}/six`
    expect(spawnSync(only[0], [...only[1], ...arguments_(['run', '--detach', 'six'])], { cwd: directory, stdio: 'ignore' }).status).toBe(0)
    const { pid } = JSON.parse(ctRunc('state', 'six').stdout)
    expect(readFileSync(`${cgroup}/cgroup.procs`, 'utf8')).toBe(`${pid}\n`)
    expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/^CapBnd:\t00000000a80425fb$/m)
    expect(inV2('exec', 'six', 'sh', '-c', 'mknod /tmp/kmsg c 1 11 && : > /tmp/kmsg')).toMatchObject({
      stderr: expect.stringContaining('Operation not permitted'),
    })
    writeFileSync(`${directory}/devices.json`, JSON.stringify({ devices: [{ allow: true, type: 'c', major: 1, minor: 11, access: 'w' }] }))
    expect(inV2('update', '-r', `${directory}/devices.json`, 'six')).toMatchObject({ status: 0, stderr: '' })
    expect(inV2('exec', 'six', 'sh', '-c', ': > /tmp/kmsg')).toMatchObject({ status: 0, stderr: '' })
    expect(inV2('pause', 'six').status).toBe(0)
    expect(readFileSync(`${cgroup}/cgroup.events`, 'utf8')).toContain('frozen 1')
    expect(inV2('resume', 'six').status).toBe(0)
    expect(inV2('delete', '--force', 'six')).toMatchObject({ status: 0, stderr: '' })
    expect(existsSync(cgroup)).toBe(false)
  })

  it('leaves no state behind when a bundle is bad', () => {
    writeConfig(['/no/such'])
    expect(ctRunc('run', 'five')).toMatchObject({ status: 1, stderr: expect.stringContaining('stat /no/such: no such file or directory') })
    expect(existsSync(`${directory}/runc-state/five`)).toBe(false)
  })
})

/** A container that outlives the command keeps its stdio open, so it gets none that anybody waits for. */
function detached(...argv: string[]): number | null {
  return spawnSync(process.execPath, arguments_(argv), { cwd: directory, stdio: 'ignore' }).status
}
