import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import type { Spec } from '../../src/index.ts'
import { TestRuntime } from '../test-runtime.ts'

const box = new TestRuntime()
afterAll(() => box[Symbol.asyncDispose]())

function withProcess(change: Partial<NonNullable<Spec['process']>>): (spec: Spec) => Spec {
  return (spec) => (spec.process === undefined ? spec : { ...spec, process: { ...spec.process, ...change } })
}

function withLinux(change: Partial<NonNullable<Spec['linux']>>): (spec: Spec) => Spec {
  return (spec) => ({ ...spec, linux: { ...spec.linux, ...change } })
}

describe('a container with default settings', () => {
  it("has Docker's capabilities, a system call filter and no more", async () => {
    const { output, exitCode } = await box.sh('grep -E "Cap|NoNew|Seccomp:" /proc/self/status')
    expect(exitCode).toBe(0)
    expect(
      Object.fromEntries(
        output
          .trim()
          .split('\n')
          .map((line) => line.split(':\t')),
      ),
    ).toEqual({
      CapInh: '0000000000000000',
      CapPrm: '00000000a80425fb',
      CapEff: '00000000a80425fb',
      CapBnd: '00000000a80425fb',
      CapAmb: '0000000000000000',
      NoNewPrivs: '0',
      Seccomp: '2',
    })
  })

  it('is process 1 of its own world, with its own host name', async () => {
    const { output } = await box.sh('echo $$; hostname; set -- /proc/[0-9]*; echo $#')
    expect(output).toBe('1\nbox\n1\n')
  })

  it('shares no namespace of the kinds it asked for', async () => {
    const kinds = ['mnt', 'uts', 'pid', 'ipc', 'net', 'cgroup']
    const { output } = await box.sh(
      `for kind in ${kinds.join(' ')}; do readlink /proc/self/ns/$kind || busybox readlink /proc/self/ns/$kind; done`,
    )
    const own = output.split('\n').filter((line) => /^\w+:\[/.test(line))
    expect(own).toHaveLength(kinds.length)
    const host = readFileSync('/proc/self/mountinfo', 'utf8')
    expect(host).not.toContain(box.root.rootfs)
  })

  const failing = [
    'echo 1 > /proc/sys/kernel/panic',
    'echo 1 > /proc/sysrq-trigger',
    'echo x > /sys/kernel/uevent_seqnum',
    'echo x > /sys/fs/cgroup/memory/cgroup.procs',
    'mkdir /sys/fs/cgroup/memory/escape',
    'mount -t tmpfs none /tmp',
    'umount /proc/sys',
    'busybox chroot / busybox mount -o remount,rw /sys',
    'busybox unshare -m true',
    'busybox dmesg',
    'mknod /tmp/disk b 254 0 && cat /tmp/disk',
  ]
  it.each(failing)('cannot: %s', async (script) => {
    expect((await box.sh(`(${script}) 2>/dev/null`)).exitCode).not.toBe(0)
  })

  it('sees nothing behind masked paths', async () => {
    const { output } = await box.sh('wc -c < /proc/keys; wc -c < /proc/timer_list; ls /sys/firmware | wc -l')
    expect(output).toBe('0\n0\n0\n')
  })

  it('has the devices, links and mounts that programs expect', async () => {
    const { output, exitCode } = await box.sh(
      'set -e; for d in null zero full random urandom tty; do test -c /dev/$d; done; echo hi > /dev/stdout; test -e /dev/ptmx; grep -c . /proc/mounts > /dev/null; grep shm /proc/mounts | grep -o size=65536k',
    )
    expect([exitCode, output]).toEqual([0, 'hi\nsize=65536k\n'])
  })

  it('has an environment and descriptors of its own only', async () => {
    const { output } = await box.sh('env | grep -v -E "^(PATH|PWD|SHLVL|OLDPWD)="; ls /proc/self/fd')
    expect(output.trim().split('\n')).toEqual(['0', '1', '2', '3'])
  })

  it('has its loopback interface up', async () => {
    expect((await box.sh('busybox ip link show lo')).output).toContain('LOOPBACK,UP')
  })
})

describe('settings of the process', () => {
  it('no_new_privs is what the kernel says, with the filter on top', async () => {
    const { output } = await box.sh('grep -E "NoNew|Seccomp:" /proc/self/status', withProcess({ noNewPrivileges: true }))
    expect(output).toBe('NoNewPrivs:\t1\nSeccomp:\t2\n')
  })

  it('user, groups, umask, directory and oom score are those of the spec', async () => {
    const user = { uid: 1815, gid: 1815, additionalGids: [42, 7], umask: 0o027 }
    const { output } = await box.sh(
      'id; umask; pwd; cat /proc/self/oom_score_adj',
      withProcess({ user, cwd: '/home/ada/new', oomScoreAdj: 250 }),
    )
    expect(output).toBe('uid=1815(ada) gid=1815(ada) groups=7,42(engines)\n0027\n/home/ada/new\n250\n')
  })

  it('limits are set', async () => {
    const rlimits = [{ type: 'RLIMIT_NOFILE', soft: 99, hard: 100 }]
    const { output } = await box.sh('ulimit -Sn; ulimit -Hn', withProcess({ rlimits }))
    expect(output).toBe('99\n100\n')
  })

  it('a root without capabilities has none', async () => {
    const { output } = await box.sh('grep CapEff /proc/self/status', withProcess({ capabilities: {} }))
    expect(output).toBe('CapEff:\t0000000000000000\n')
  })

  it('a filter without any rule that bites lets all calls through', async () => {
    const { output } = await box.sh('grep Seccomp: /proc/self/status', withLinux({ seccomp: undefined }))
    expect(output).toBe('Seccomp:\t0\n')
  })
})

describe('settings of the machine', () => {
  it('a read-only root cannot be written, /tmp on tmpfs can', async () => {
    const { output } = await box.sh('(echo x > /new) 2>/dev/null || echo refused; echo x > /tmp/new && echo written', (spec) => ({
      ...spec,
      root: { path: 'rootfs', readonly: true },
      mounts: [...(spec.mounts ?? []), { destination: '/tmp', type: 'tmpfs', source: 'tmpfs', options: ['size=1m'] }],
    }))
    expect(output).toBe('refused\nwritten\n')
  })

  it('binds of files and directories appear, read-only when asked', async () => {
    const source = `${box.root.directory}/source`
    mkdirSync(source)
    writeFileSync(`${source}/file`, 'content\n')
    const mount = (destination: string, from: string, ...options: string[]) => ({ destination, type: 'bind', source: from, options })
    const { output } = await box.sh('cat /a/file /b; echo x > /a/new && echo written; echo x > /b || echo refused', (spec) => ({
      ...spec,
      mounts: [...(spec.mounts ?? []), mount('/a', source, 'rbind', 'rw'), mount('/b', `${source}/file`, 'bind', 'ro')],
    }))
    expect(output).toContain('content\ncontent\nwritten\n')
    expect(output).toContain('refused\n')
    expect(readFileSync(`${source}/new`, 'utf8')).toBe('x\n')
  })

  it('sysctls of its namespaces hold inside only', async () => {
    const before = readFileSync('/proc/sys/kernel/msgmax', 'utf8')
    const sysctl = { 'kernel.msgmax': '4242', 'net.ipv4.ip_forward': '1' }
    const { output } = await box.sh('cat /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_forward', withLinux({ sysctl }))
    expect(output).toBe('4242\n1\n')
    expect(readFileSync('/proc/sys/kernel/msgmax', 'utf8')).toBe(before)
  })

  it('another container can share a namespace by its path', async () => {
    const spec = box.spec({ args: ['sleep', '100'], hostname: 'first' })
    const { pid } = await box.runtime.run('first', { spec, rootfs: box.root.rootfs })
    const namespaces = ['mount', 'pid', 'ipc', 'network', 'cgroup'].map((type) => ({ type }) as { type: 'pid' })
    const { output } = await box.sh('hostname', (other) => ({
      ...other,
      hostname: undefined,
      linux: { ...other.linux, namespaces: [...namespaces, { type: 'uts', path: `/proc/${pid}/ns/uts` }] },
    }))
    expect(output).toBe('first\n')
    await box.runtime.delete('first', { force: true })
  })

  it('a user namespace maps root to somebody else', async () => {
    const linux = withLinux({
      namespaces: ['user', 'mount', 'uts', 'pid', 'ipc', 'network', 'cgroup'].map((type) => ({ type }) as { type: 'pid' }),
      uidMappings: [{ containerID: 0, hostID: 100_000, size: 65_536 }],
      gidMappings: [{ containerID: 0, hostID: 100_000, size: 65_536 }],
    })
    const { output } = await box.sh('id -u; busybox tr -s " " < /proc/self/uid_map; echo > /dev/null && echo null', linux)
    expect(output).toBe('0\n 0 100000 65536\nnull\n')
  })

  it('a terminal is /dev/console and the controlling one, with its size', async () => {
    const { output } = await box.sh(
      'stty size; busybox tty; test -c /dev/console && echo console',
      withProcess({ terminal: true, consoleSize: { height: 33, width: 101 } }),
    )
    expect(output.replaceAll('\r', '')).toBe('33 101\n/dev/pts/0\nconsole\n')
  })
})
