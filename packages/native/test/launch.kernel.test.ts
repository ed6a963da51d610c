import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { launch, launchExec, type NamespaceType, type NativeError, type Operation, readExitRecord } from '../src/index.ts'
import { containerPlan, execOperation, execPlan, output, run, Sandbox, stop } from './support/busybox.ts'

test('a container sees nothing of the host', async () => {
  using sandbox = new Sandbox()
  const script =
    'hostname; echo $$; ls /proc | grep -c "^[0-9]"; ls /sys/class/net; readlink /proc/self/ns/ipc; ls /; cat /proc/mounts | cut -d" " -f2'
  const { stdout } = await run(sandbox, ['sh', '-c', script])
  const [hostname, pid, processes, interfaces, ipc, ...rest] = stdout.trimEnd().split('\n')
  expect({ hostname, pid, interfaces }).toEqual({ hostname: 'box', pid: '1', interfaces: 'lo' })
  expect(Number(processes)).toBeLessThan(6)
  expect(ipc).not.toBe(readlinkSync('/proc/self/ns/ipc'))
  expect(rest.filter((path) => path.startsWith('/'))).toEqual(expect.arrayContaining(['/', '/proc', '/dev', '/sys']))
  expect(rest.join(' ')).not.toContain('cgroup')
})

test('credentials, capabilities and no_new_privs are as planned', async () => {
  using sandbox = new Sandbox()
  const script = 'id; umask; grep -E "Cap|NoNewPrivs|Groups" /proc/self/status'
  const umask: Operation = { op: 'umask', mask: 0o027 }
  const { stdout } = await run(sandbox, ['sh', '-c', script], { user: { uid: 7, gid: 8, groups: [9, 10] }, late: [umask] })
  const lines = stdout.replaceAll('\t', ' ').split('\n')
  expect(lines).toEqual(
    expect.arrayContaining([
      'uid=7 gid=8 groups=9,10',
      '0027',
      'CapInh: 0000000000000000',
      'CapBnd: 00000000a80425fb',
      'CapAmb: 0000000000000000',
      'NoNewPrivs: 1',
    ]),
  )
})

test('only stdio reaches the program, and its own pipes are its own', async () => {
  using sandbox = new Sandbox()
  const { stdout } = await run(sandbox, ['sh', '-c', 'ls /proc/1/fd; echo again > /proc/self/fd/1'], {
    user: { uid: 7, gid: 7, groups: [] },
  })
  expect(stdout.trim().split(/\s+/)).toEqual(['0', '1', '2', 'again'])
})

test('the file that a held process executes cannot be written', async () => {
  using sandbox = new Sandbox()
  const supervisor = await launch(containerPlan(sandbox, ['true'], { hold: true }))
  expect(() => chmodSync(`/proc/${supervisor.pid}/exe`, 0o755)).toThrow('EROFS')
  await stop(supervisor)
})

test('a held process has none of the supervisor descriptors', async () => {
  using sandbox = new Sandbox()
  const supervisor = await launch(containerPlan(sandbox, ['true'], { hold: true }))
  const links = readdirSync(`/proc/${supervisor.pid}/fd`).map((fd) => readlinkSync(`/proc/${supervisor.pid}/fd/${fd}`))
  expect(links.filter((link) => link.includes(sandbox.path))).toEqual([])
  await stop(supervisor)
})

test.each([
  ['missing', 'ENOENT', 'not-found'],
  ['/etc/passwd', 'EACCES', 'denied'],
  ['/etc/text', 'ENOEXEC', 'invalid'],
])('executing %s gives %s, at the launch and at the start', async (program, errno, kind) => {
  using sandbox = new Sandbox()
  writeFileSync(`${sandbox.rootfs}/etc/text`, 'no program', { mode: 0o755 })
  const expected = { code: 'NATIVE_EXEC_FAILED', kind, errno }
  await expect(launch(containerPlan(sandbox, [program]))).rejects.toMatchObject(expected)
  const supervisor = await launch(containerPlan(sandbox, [program], { hold: true }))
  await expect(supervisor.start()).rejects.toMatchObject(expected)
  expect(await supervisor.wait()).toMatchObject({ exitCode: errno === 'ENOENT' ? 127 : 126 })
})

test('files of the exec are tried in order', async () => {
  using sandbox = new Sandbox()
  const exec: Operation = { op: 'exec', files: ['/none/echo', '/etc/passwd/echo', '/bin/echo'], args: ['echo', 'found'], env: [] }
  const plan = containerPlan(sandbox, ['true'])
  const supervisor = await launch({ ...plan, operations: [...plan.operations.slice(0, -1), exec] })
  await supervisor.wait()
  expect(output(sandbox)).toBe('found\n')
})

/** A filter that answers calls with EPERM. */
function denying(calls: readonly number[]): Uint8Array {
  const load = [0x20, 0, 0, 0]
  const tests = calls.map((call, index) => [0x15, calls.length - index, 0, call])
  const instructions = [load, ...tests, [0x06, 0, 0, 0x7fff0000], [0x06, 0, 0, 0x00050001]]
  const program = Buffer.alloc(instructions.length * 8)
  for (const [index, [code = 0, yes = 0, no = 0, value = 0]] of instructions.entries()) {
    program.writeUInt16LE(code, index * 8)
    program.writeUInt8(yes, index * 8 + 2)
    program.writeUInt8(no, index * 8 + 3)
    program.writeUInt32LE(value, index * 8 + 4)
  }
  return program
}

test('a program is started also where a filter keeps from looking for it', async () => {
  using sandbox = new Sandbox()
  const [access, faccessat, faccessat2] = [21, 269, 439] // of x86-64
  const look: Operation[] = [
    { op: 'seccomp', program: denying([access, faccessat, faccessat2]), flags: 0 },
    { op: 'probe', files: ['/bin/echo'] },
  ]
  expect(await run(sandbox, ['echo', 'here'], { late: look })).toMatchObject({ exitCode: 0, stdout: 'here\n' })
})

test('a failing operation is named, and nothing is left', async () => {
  using sandbox = new Sandbox()
  const late: Operation[] = [{ op: 'symlink', target: '/proc/new', linkTarget: 'x' }]
  const plan = containerPlan(sandbox, ['true'], { late })
  const error: NativeError = await launch(plan).then(
    () => expect.unreachable(),
    (reason) => reason,
  )
  expect(error).toMatchObject({
    code: 'NATIVE_LAUNCH_FAILED',
    errno: 'ENOENT',
    stage: 'operation',
    operationIndex: plan.operations.indexOf(late[0] as Operation),
  })
  expect(error.message).toContain('symlink /proc/new')
  expect(existsSync(plan.supervisor.socketPath ?? '')).toBe(false)
  expect(await readExitRecord(plan.supervisor.exitPath ?? '')).toBeUndefined()
})

test('an aborted launch rejects with the reason', async () => {
  using sandbox = new Sandbox()
  const reason = new Error('enough')
  await expect(launch(containerPlan(sandbox, ['true']), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  const controller = new AbortController()
  const launching = launch(containerPlan(sandbox, ['true'], { hold: true }), { signal: controller.signal })
  controller.abort(reason)
  await expect(launching).rejects.toBe(reason)
})

const bind = (source: string, target: string, missing: 'directory' | 'file'): Operation => ({
  op: 'bind',
  source,
  target,
  recursive: false,
  attributes: { set: ['rdonly'] },
  missing,
})

test.each([
  ['a link to the outside', '/tmp/outside/there', (rootfs: string, host: string) => symlinkSync(host, `${rootfs}/tmp/outside`)],
  ['a link that climbs', '/tmp/climbs/there', (rootfs: string) => symlinkSync('../../../../../../../..', `${rootfs}/tmp/climbs`)],
  ['a dangling link', '/tmp/dangling', (rootfs: string) => symlinkSync('/made/here', `${rootfs}/tmp/dangling`)],
  ['a dangling relative link', '/tmp/dangling', (rootfs: string) => symlinkSync('../../../../../../made/here', `${rootfs}/tmp/dangling`)],
])('a mount target behind %s stays inside the root', async (_name, target, prepare) => {
  using sandbox = new Sandbox()
  const host = sandbox.file('host')
  mkdirSync(host)
  writeFileSync(sandbox.file('source'), 'content')
  prepare(sandbox.rootfs, host)
  const { stdout } = await run(sandbox, ['cat', target], { mounts: [bind(sandbox.file('source'), target, 'file')] })
  expect(stdout).toBe('content')
  expect(readdirSync(host)).toEqual([])
  expect(existsSync('/there') || existsSync('/made')).toBe(false)
})

test.each([
  ['a loop', 'ELOOP', (rootfs: string) => symlinkSync('loop', `${rootfs}/tmp/loop`), '/tmp/loop/x'],
  ['a file in the way', 'ENOTDIR', (rootfs: string) => writeFileSync(`${rootfs}/tmp/file`, ''), '/tmp/file/x'],
  ['a magic link', 'ELOOP', () => undefined, '/proc/self/cwd/x'],
])('a mount target with %s is refused with %s', async (_name, errno, prepare, target) => {
  using sandbox = new Sandbox()
  prepare(sandbox.rootfs)
  await expect(run(sandbox, ['true'], { mounts: [bind('/etc', target, 'directory')] })).rejects.toMatchObject({ errno })
})

test('a mask needs the real /dev/null', async () => {
  using sandbox = new Sandbox()
  writeFileSync(`${sandbox.rootfs}/etc/secret`, 'secret')
  const mounts: Operation[] = [
    { op: 'mask', target: '/etc/secret' },
    { op: 'mask', target: '/etc/none' },
    { op: 'mask', target: '/tmp' },
  ]
  const { stdout } = await run(sandbox, ['sh', '-c', 'cat /etc/secret; ls -A /tmp; touch /tmp/x 2>&1'], { mounts })
  expect(stdout).toBe('touch: /tmp/x: Read-only file system\n')
  const fake = [bind(`${sandbox.rootfs}/etc/passwd`, '/dev/null', 'file'), ...mounts]
  await expect(run(sandbox, ['true'], { mounts: fake })).rejects.toMatchObject({ errno: 'EINVAL', stage: 'operation' })
})

test('mount attributes, propagation and tmpcopyup hold', async () => {
  using sandbox = new Sandbox()
  mkdirSync(`${sandbox.rootfs}/etc/sub`)
  writeFileSync(`${sandbox.rootfs}/etc/sub/file`, 'kept', { mode: 0o640 })
  symlinkSync('file', `${sandbox.rootfs}/etc/sub/link`)
  const copied: Operation = {
    op: 'mount',
    type: 'tmpfs',
    source: 'tmpfs',
    target: '/etc',
    data: ['size=1m'],
    attributes: { set: ['nosuid', 'noatime'] },
    missing: 'directory',
    copyUp: true,
  }
  const late: Operation[] = [{ op: 'attributes', target: '/', attributes: { set: ['rdonly'] } }]
  const script = 'cat /etc/sub/link; stat -c " %a" /etc/sub/file; touch /x 2>&1; grep " /etc " /proc/mounts'
  const { stdout } = await run(sandbox, ['sh', '-c', script], { mounts: [copied], late })
  expect(stdout).toMatch(/^kept 640\ntouch: \/x: Read-only file system\ntmpfs \/etc tmpfs rw,nosuid,noatime/)
})

test('sysctls, limits and the working directory are set', async () => {
  using sandbox = new Sandbox()
  const late: Operation[] = [
    { op: 'sysctl', path: 'net/ipv4/ip_unprivileged_port_start', value: '80' },
    { op: 'oom-score', value: 500 },
    { op: 'rlimit', resource: 7, soft: 100n, hard: 200n },
    { op: 'domainname', name: 'example' },
    { op: 'cwd', path: '/made/deep', create: true },
  ]
  const script =
    'cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/self/oom_score_adj; ulimit -n; ulimit -Hn; pwd; cat /proc/sys/kernel/domainname'
  const { stdout } = await run(sandbox, ['sh', '-c', script], { late })
  expect(stdout).toBe('80\n500\n100\n200\n/made/deep\nexample\n')
})

test('a sysctl cannot leave /proc/sys', async () => {
  using sandbox = new Sandbox()
  const late: Operation[] = [{ op: 'sysctl', path: '../self/oom_score_adj', value: '1' }]
  await expect(run(sandbox, ['true'], { late })).rejects.toThrow(TypeError)
})

test('without pivot_root the root is entered, too', async () => {
  using sandbox = new Sandbox()
  const plan = containerPlan(sandbox, ['sh', '-c', 'ls -d /bin /usr 2>&1; pwd'])
  const operations = plan.operations.map((o): Operation => (o.op === 'enter-root' ? { op: 'enter-root', pivot: false } : o))
  await (await launch({ ...plan, operations })).wait()
  expect(output(sandbox)).toBe('ls: /usr: No such file or directory\n/bin\n/\n')
})

const mapping = [{ containerId: 0, hostId: 100_000, size: 65_536 }]
const withUser = (types: readonly NamespaceType[]) => types.map((type) => ({ type }))

test('a user namespace maps root to somebody else', async () => {
  using sandbox = new Sandbox()
  const namespaces = withUser(['user', 'ipc', 'mount', 'network', 'pid', 'uts', 'cgroup'])
  const plan = containerPlan(sandbox, ['sh', '-c', 'id -u; cat /proc/self/uid_map; sleep 100'], {
    userNamespace: true,
    early: [{ op: 'oom-score', value: 500 }],
    plan: { namespaces, uidMappings: mapping, gidMappings: mapping },
  })
  const supervisor = await launch(plan)
  expect(/^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${supervisor.pid}/status`, 'utf8'))?.[1]).toBe('100000')
  expect(readFileSync(`/proc/${supervisor.pid}/oom_score_adj`, 'utf8')).toBe('500\n')
  const exec = await launchExec({
    ...execPlan(sandbox, supervisor.pid, ['sh', '-c', 'id -u; echo $$ > /dev/null']),
    namespaces: namespaces.map(({ type }) => type),
  })
  await exec.wait()
  expect(output(sandbox, 'exec')).toBe('0\n')

  // A second container joins the namespace of users, as the containers of a pod do.
  const joined = containerPlan(sandbox, ['sh', '-c', 'id -u; cat /proc/self/uid_map; echo $$; hostname'], {
    userNamespace: true,
    supervisor: sandbox.supervisor('second'),
    plan: {
      namespaces: namespaces.map(({ type }) =>
        type === 'user' || type === 'network' ? { type, path: `/proc/${supervisor.pid}/ns/${type === 'user' ? 'user' : 'net'}` } : { type },
      ),
    },
  })
  await (await launch(joined)).wait()
  expect(output(sandbox, 'second').split(/\s+/)).toEqual(['0', '0', '100000', '65536', '1', 'box', ''])
  await stop(supervisor)
})

test('namespaces of another container are joined by path', async () => {
  using sandbox = new Sandbox()
  const first = await launch(containerPlan(sandbox, ['sleep', '100']))
  const path = (name: string) => `/proc/${first.pid}/ns/${name}`
  const namespaces = [
    { type: 'mount' },
    { type: 'pid', path: path('pid') },
    { type: 'uts', path: path('uts') },
    { type: 'network', path: path('net') },
    { type: 'ipc', path: path('ipc') },
  ] as const
  const supervisor = sandbox.supervisor('second')
  await run(sandbox, ['sh', '-c', 'ps -o args | grep -c "^sleep 100"; for n in pid uts net ipc; do readlink /proc/self/ns/$n; done'], {
    supervisor,
    plan: { namespaces },
  })
  const [sleeping, ...names] = output(sandbox, 'second').trimEnd().split('\n')
  expect(sleeping).toBe('1')
  expect(names).toEqual(['pid', 'uts', 'net', 'ipc'].map((name) => readlinkSync(path(name))))
  await stop(first)
})

test('a plan that no helper could execute is a mistake of the caller', async () => {
  using sandbox = new Sandbox()
  const plan = containerPlan(sandbox, ['true'])
  await expect(async () => launch({ ...plan, operations: plan.operations.slice(0, -1) })).rejects.toThrow(TypeError)
  await expect(async () =>
    launch({ ...plan, supervisor: { stdio: 'pipes' }, operations: [{ op: 'hold' }, execOperation(['true'])] }),
  ).rejects.toThrow(TypeError)
  await expect(async () => launch({ ...plan, operations: [execOperation(['a\0b'])] })).rejects.toThrow(TypeError)
})
