import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { makeBusyboxRoot } from '../busybox-root.ts'
import { buildCtRunc } from '../ct-runc-program.ts'

const root = makeBusyboxRoot()
const { directory } = root
const program = `${directory}/program/ct-runc.js`
const image = 'ct-runc-test'
beforeAll(() => buildCtRunc(program))
afterAll(() => root[Symbol.dispose]())

function isInstalled(...programs: string[]): boolean {
  return programs.every((name) => spawnSync('which', [name]).status === 0)
}

/** A client's command line with what stands before every command. */
class Client {
  readonly #before: readonly string[]

  constructor(before: readonly string[]) {
    this.#before = before
  }

  run(...argv: string[]) {
    const [command = '', ...rest] = [...this.#before, ...argv]
    const { status, stdout, stderr } = spawnSync(command, rest, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
    return { status, stdout, stderr }
  }

  import(): void {
    const tar = spawnSync('tar', ['-C', root.rootfs, '-c', '.'], { maxBuffer: 1 << 26 })
    const [command = '', ...rest] = [...this.#before, 'import', '-', image]
    const { status, stderr } = spawnSync(command, rest, { input: tar.stdout })
    if (status !== 0) throw new Error(String(stderr))
  }
}

/** What both engines do with a runtime; `flags` are those of `run`. */
function runsContainers(client: () => Client, flags: readonly string[]): void {
  const run = (...argv: string[]) => client().run('run', ...flags, ...argv)

  it('runs a program, as another user too, and hands on its output and exit status', () => {
    expect(run('--rm', image, 'sh', '-c', 'echo out; echo err >&2; exit 5')).toEqual({ status: 5, stdout: 'out\n', stderr: 'err\n' })
    expect(run('--rm', '-u', '1815', image, 'id', '-u')).toMatchObject({ status: 0, stdout: '1815\n' })
    expect(run('--rm', image, 'none')).toMatchObject({ status: 127 })
  })

  it('holds a container to its limits', () => {
    const read =
      'cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/pids/pids.max 2>/dev/null || cd /sys/fs/cgroup; cat memory.max pids.max'
    const limited = run('--rm', '-m', '64m', '--pids-limit', '33', image, 'sh', '-c', read)
    expect(limited.stdout).toBe('67108864\n33\n')
  })

  it('gives a privileged container its devices', () => {
    expect(run('--rm', '--privileged', image, 'sh', '-c', 'test -e /dev/ptmx && echo ptmx')).toMatchObject({ status: 0, stdout: 'ptmx\n' })
  })

  it('executes in a container, pauses, stops, starts again and removes it', () => {
    const script = 'trap "exit 9" TERM; while :; do sleep 0.1; done'
    expect(run('-d', '--name', 'life', image, 'sh', '-c', script)).toMatchObject({ status: 0 })
    expect(client().run('exec', 'life', 'sh', '-c', 'hostname | wc -c; exit 3')).toEqual({ status: 3, stdout: '13\n', stderr: '' })
    for (const command of ['pause', 'unpause']) expect(client().run(command, 'life')).toMatchObject({ status: 0, stderr: '' })
    expect(client().run('stop', '-t', '10', 'life')).toMatchObject({ status: 0 })
    expect(client().run('inspect', '-f', '{{.State.ExitCode}}', 'life').stdout).toBe('9\n')
    expect(client().run('start', 'life')).toMatchObject({ status: 0 })
    expect(client().run('kill', 'life')).toMatchObject({ status: 0 })
    expect(client().run('rm', '-f', 'life')).toMatchObject({ status: 0 })
  })
}

describe.skipIf(!isInstalled('dockerd', 'docker'))('dockerd --add-runtime', () => {
  const host = `unix://${directory}/docker.sock`
  const client = new Client(['docker', '-H', host])
  let daemon: ChildProcess

  beforeAll(async () => {
    const log = openSync(`${directory}/dockerd.log`, 'w')
    const own = ['--data-root', `${directory}/docker`, '--exec-root', `${directory}/docker-exec`, '-p', `${directory}/docker.pid`]
    const network = ['--bridge=none', '--iptables=false', '--ip6tables=false']
    daemon = spawn('dockerd', ['-H', host, ...own, ...network, '--add-runtime', `ct=${program}`], { stdio: ['ignore', log, log] })
    await vi.waitUntil(() => client.run('version').status === 0, { timeout: 30_000, interval: 200 })
    client.import()
  }, 40_000)

  afterAll(async () => {
    const gone = once(daemon, 'exit')
    daemon.kill('SIGTERM')
    await gone
    spawnSync('umount', [`${directory}/docker-exec/netns/default`])
  })

  runsContainers(() => client, ['--runtime', 'ct', '--network', 'none'])

  it('updates limits, which the kernel holds', () => {
    client.run('run', '-d', '--name', 'limited', '--runtime', 'ct', '--network', 'none', '-m', '64m', image, 'sleep', '100')
    expect(client.run('update', '--memory', '80m', '--memory-swap', '160m', 'limited')).toMatchObject({ status: 0 })
    const id = client.run('inspect', '-f', '{{.Id}}', 'limited').stdout.trim()
    const file = `/sys/fs/cgroup/memory/docker/${id}/memory.limit_in_bytes`
    if (existsSync(file)) expect(Number(readFileSync(file, 'utf8'))).toBe(80 * 1024 * 1024)
    expect(client.run('rm', '-f', 'limited')).toMatchObject({ status: 0 })
    expect(existsSync(file)).toBe(false)
  })
})

describe.skipIf(!isInstalled('podman', 'conmon'))('podman --runtime', () => {
  const storage = ['--root', `${directory}/podman`, '--runroot', `${directory}/podman-run`, '--storage-driver', 'vfs']
  const client = new Client(['podman', ...storage, '--cgroup-manager', 'cgroupfs', '--runtime', program])
  beforeAll(() => client.import())

  // podman's own limits are higher than a machine without CAP_SYS_RESOURCE lets anybody set them.
  runsContainers(() => client, ['--network', 'none', '--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1000:1000'])
})
