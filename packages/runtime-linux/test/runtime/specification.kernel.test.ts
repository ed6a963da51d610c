import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { Hook, Hooks, Spec } from '../../src/index.ts'
import { TestRuntime } from '../test-runtime.ts'

const box = new TestRuntime()
const { directory, rootfs } = box.root
const out = `${directory}/out`
afterAll(() => box[Symbol.asyncDispose]())
afterEach(async () => {
  for (const { id } of await box.runtime.list()) await box.runtime.delete(id, { force: true })
  rmSync(out, { force: true })
})

const sh = (script: string): Hook => ({ path: '/bin/sh', args: ['sh', '-c', script] })
const withHooks = (hooks: Hooks, ...args: string[]) => ({ spec: box.spec({ args }, (spec) => ({ ...spec, hooks })), rootfs })

describe('hooks inside', () => {
  it('createContainer runs in the namespaces before the root is entered, startContainer in it with the process’s privileges', async () => {
    const hooks: Hooks = {
      createContainer: [sh(`(readlink /proc/self/ns/net; cat; echo) > ${out}; test -e ${rootfs}/proc/self && echo mounted >> ${out}`)],
      startContainer: [sh('cat > /tmp/told; grep Bnd /proc/self/status >> /tmp/told')],
    }
    const { pid } = await box.runtime.create('inner', withHooks(hooks, 'sleep', '100'))
    const [net, state, mounted] = readFileSync(out, 'utf8').trim().split('\n')
    expect(net).toBe(readlinkSync(`/proc/${pid}/ns/net`))
    expect(JSON.parse(state ?? '')).toMatchObject({ id: 'inner', status: 'created', pid })
    expect(mounted).toBe('mounted')
    await box.runtime.start('inner')
    expect(readFileSync(`${rootfs}/tmp/told`, 'utf8')).toMatch(/"status":"created".*CapBnd:\t00000000a80425fb/)
  })

  it('that fail end the creation or the container', async () => {
    await expect(box.runtime.create('bad', withHooks({ createContainer: [sh('exit 3')] }, 'true'))).rejects.toMatchObject({
      code: 'RUNTIME_HOOK_FAILED',
      message: 'hooks.createContainer[0]: /bin/sh: exit status 3',
    })
    await expect(box.runtime.run('bad', withHooks({ startContainer: [{ ...sh('sleep 30'), timeout: 1 }] }, 'true'))).rejects.toMatchObject({
      code: 'RUNTIME_HOOK_FAILED',
      message: 'hooks.startContainer[0]: /bin/sh: took longer than 1 s',
    })
    expect(await box.runtime.list()).toEqual([])
  })
})

it('a container without a process holds namespaces for others', async () => {
  const { process: _, ...spec } = box.spec({ args: [] })
  const types = ['pid', 'network', 'ipc', 'uts'] as const
  const pod: Spec = { ...spec, mounts: [], linux: { namespaces: [{ type: 'mount' }, ...types.map((type) => ({ type }))] } }
  const mounts = [{ type: 'tmpfs', source: 'pod', options: ['ro', 'size=4k'] }]
  const { pid } = await box.runtime.create('pod', { spec: pod, rootfs, mounts })
  await expect(box.runtime.start('pod')).rejects.toMatchObject({ code: 'RUNTIME_WRONG_STATUS' })
  const joined = types.map((type) => ({ type, path: `/proc/${pid}/ns/${type === 'network' ? 'net' : type}` }))
  const change = (member: Spec): Spec => ({
    ...member,
    hostname: undefined,
    linux: { ...member.linux, namespaces: [{ type: 'mount' }, { type: 'cgroup' }, ...joined] },
  })
  const { output } = await box.sh('hostname; grep Cap /proc/1/status | cut -f2 | sort -u; ls /proc/1/root/ 2>/dev/null | wc -l', change)
  expect(output).toBe('box\n0000000000000000\n0\n')
})

it('clocks, scheduling and mapped mounts are as the configuration says', async () => {
  const mapping = [
    { containerID: 0, hostID: 500, size: 1 },
    { containerID: 1, hostID: 1, size: 10 },
  ]
  const change = (spec: Spec): Spec => ({
    ...spec,
    process: spec.process && { ...spec.process, scheduler: { policy: 'SCHED_BATCH', nice: 7 }, ioPriority: { class: 'IOPRIO_CLASS_IDLE' } },
    mounts: [
      ...(spec.mounts ?? []),
      {
        destination: '/mapped',
        type: 'bind',
        source: `${rootfs}/bin`,
        options: ['bind', 'ro', 'idmap'],
        uidMappings: mapping,
        gidMappings: mapping,
      },
    ],
    linux: {
      ...spec.linux,
      namespaces: [...(spec.linux?.namespaces ?? []), { type: 'time' }],
      timeOffsets: { boottime: { secs: 1_000_000_000 } },
    },
  })
  const script =
    'test $(cut -d. -f1 /proc/uptime) -gt 1000000000 && echo later; cut -d" " -f19,41 /proc/self/stat; ionice -p $$; stat -c %u /mapped/busybox'
  expect((await box.sh(script, change)).output).toBe('later\n7 3\nidle\n500\n')
})

it.runIf(existsSync('/proc/self/numa_maps'))('memory comes from where the configuration says, of execs too', async () => {
  const memoryPolicy = { mode: 'MPOL_BIND', nodes: '0', flags: ['MPOL_F_STATIC_NODES'] } as const
  const change = (spec: Spec): Spec => ({ ...spec, linux: { ...spec.linux, memoryPolicy } })
  const script = 'cut -d" " -f2 /proc/self/numa_maps | sort -u'
  expect((await box.sh(script, change)).output).toBe('bind=static:0\n')
  await box.runtime.run('policy', { spec: box.spec({ args: ['sleep', '100'] }, change), rootfs })
  const process = { args: ['sh', '-c', `${script} > /tmp/policy`], cwd: '/', user: { uid: 0, gid: 0 }, env: ['PATH=/bin'] }
  expect(await (await box.runtime.exec('policy', process)).wait()).toMatchObject({ exitCode: 0 })
  expect(readFileSync(`${rootfs}/tmp/policy`, 'utf8')).toBe('bind=static:0\n')
})

describe('interfaces of the host', () => {
  const name = `ct${process.pid}`
  const ip = (...argv: string[]) => spawnSync('/bin/busybox', ['ip', ...argv], { encoding: 'utf8' })
  const moving = (devices: NonNullable<Spec['linux']>['netDevices']) => (spec: Spec) => ({
    ...spec,
    linux: { ...spec.linux, netDevices: devices },
  })

  it('come into the container under another name, up and with their addresses, and go with it', async () => {
    expect(spawnSync('/bin/busybox', ['tunctl', '-t', name]).status).toBe(0)
    ip('addr', 'add', '192.0.2.7/24', 'dev', name)
    ip('addr', 'add', '2001:db8::7/64', 'dev', name)
    expect(ip('addr', 'show', name).stdout).toContain('192.0.2.7/24')
    const { output } = await box.sh('busybox ip addr show moved', moving({ [name]: { name: 'moved' } }))
    expect(output).toMatch(/ moved: <[A-Z,-]*\bUP\b/)
    expect(output).toContain('inet 192.0.2.7/24')
    expect(output).toContain('inet6 2001:db8::7/64')
    await expect.poll(() => existsSync(`/sys/class/net/${name}`)).toBe(false)
  })

  it('that are not there fail the creation, which leaves nothing', async () => {
    await expect(box.sh('true', moving({ [name]: {} }))).rejects.toMatchObject({
      code: 'RUNTIME_SETUP_FAILED',
      message: `network device ${name} cannot be moved: there is no such interface`,
    })
    expect(await box.runtime.list()).toEqual([])
  })
})

/** Answers every call it is asked about with success, without making it. */
const LISTENER = `
import array, fcntl, json, os, socket, struct, sys
listener = socket.socket(socket.AF_UNIX); listener.bind(sys.argv[1]); listener.listen(1)
connection, _ = listener.accept()
state, fds, _, _ = socket.recv_fds(connection, 65536, 1)
print(state.decode(), flush=True)
asked = array.array('B', bytes(80))
fcntl.ioctl(fds[0], 0xc0502100, asked)
answer = array.array('B', struct.pack('<QqiI', struct.unpack_from('<Q', asked)[0], 0, 0, 0))
fcntl.ioctl(fds[0], 0xc0182101, answer)
`

it.skipIf(spawnSync('python3', ['-V']).status !== 0)('calls are answered by who listens for them', async () => {
  const path = `${directory}/listener`
  const child = spawn('python3', ['-c', LISTENER, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const told = once(child.stdout, 'data')
  await expect.poll(() => existsSync(path), { timeout: 20_000 }).toBe(true)
  const change = (spec: Spec): Spec => ({
    ...spec,
    linux: {
      ...spec.linux,
      seccomp: {
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_NOTIFY' }],
        listenerPath: path,
        listenerMetadata: 'told',
      },
    },
  })
  const { output, exitCode } = await box.sh('mkdir /tmp/never && echo made; ls -d /tmp/never', change)
  expect({ output, exitCode }).toEqual({ output: 'made\nls: /tmp/never: No such file or directory\n', exitCode: 1 })
  expect(JSON.parse(String((await told)[0]))).toMatchObject({ fds: ['seccompFd'], metadata: 'told', state: { status: 'creating' } })
})
