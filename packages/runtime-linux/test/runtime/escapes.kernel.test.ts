import { execFileSync } from 'node:child_process'
import { mkdirSync, openSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { capabilitiesOf, DEFAULT_CAPABILITIES, type Process, RuntimeError, type Spec, type SpecMount } from '../../src/index.ts'
import { TestRuntime } from '../test-runtime.ts'

const box = new TestRuntime()
const { directory, rootfs } = box.root
const host = `${directory}/host`
afterAll(() => box[Symbol.asyncDispose]())
afterEach(async () => {
  for (const { id } of await box.runtime.list()) await box.runtime.delete(id, { force: true })
})

const shell = (script: string): Process => ({ args: ['sh', '-c', script], cwd: '/', user: { uid: 0, gid: 0 }, env: ['PATH=/bin'] })
const volume = (destination: string): SpecMount => ({ destination, type: 'bind', source: host, options: ['rbind', 'rw'] })
const mounted =
  (...mounts: SpecMount[]) =>
  (spec: Spec) => ({ ...spec, mounts: [...(spec.mounts ?? []), ...mounts] })

/** The image's entry at `path` is replaced by a link, for the time of a test. */
function linked(path: string, target: string): Disposable {
  rmSync(rootfs + path, { recursive: true, force: true })
  symlinkSync(target, rootfs + path)
  return {
    [Symbol.dispose]: () => {
      rmSync(rootfs + path)
      mkdirSync(rootfs + path)
    },
  }
}

function freshHost(): void {
  rmSync(host, { recursive: true, force: true })
  mkdirSync(host)
  writeFileSync(`${host}/mine`, 'of the host\n')
}

describe('an image cannot', () => {
  it('lead a mount out of its root by a link', async () => {
    freshHost()
    const outside = `${directory}/outside`
    mkdirSync(outside)
    using _absolute = linked('/mnt-a', outside)
    using _relative = linked('/mnt-b', `../../../../../../..${outside}`)
    const { output } = await box.sh(`cat /mnt-a/mine /mnt-b/x/mine; cat ${outside}/mine`, mounted(volume('/mnt-a'), volume('/mnt-b/x')))
    expect(output).toBe('of the host\nof the host\nof the host\n')
    expect(() => statSync(`${outside}/x`)).toThrow('ENOENT')
  })

  it.each(['/tmp/elsewhere', '../../../../../../../tmp/elsewhere'])(
    'keep what is masked visible by having /proc as a link to %s',
    async (to) => {
      using _link = linked('/proc', to)
      const { output } = await box.sh('cat /tmp/elsewhere/keys /proc/keys | wc -c; (echo 1 > /tmp/elsewhere/sys/kernel/panic) 2>&1')
      expect(output).toBe("0\nsh: can't create /tmp/elsewhere/sys/kernel/panic: Read-only file system\n")
    },
  )

  it('have a volume cover /proc by a link and see anything of the real one', async () => {
    freshHost()
    using _link = linked('/data', '/proc')
    const { output } = await box.sh('cat /proc/mine; ls /proc | wc -l', mounted(volume('/data')))
    expect(output).toBe('of the host\n1\n')
  })

  it('put something else behind masks than /dev/null', async () => {
    freshHost()
    const dev: SpecMount = { destination: '/dev/null', type: 'bind', source: `${host}/mine`, options: ['bind'] }
    await expect(box.sh('true', mounted(dev))).rejects.toMatchObject({
      code: 'RUNTIME_SETUP_FAILED',
      message: 'device of /dev/null failed: EEXIST',
    })
    const bound = (spec: Spec) => mounted({ ...dev, destination: '/dev', source: host })(spec)
    writeFileSync(`${host}/null`, '')
    await expect(box.sh('true', bound)).rejects.toMatchObject({
      code: 'RUNTIME_SETUP_FAILED',
      message: expect.stringMatching(/^mask of \/proc\/.*: EINVAL$/),
    })
  })

  it('lead the terminal to a file of the host by a link for /dev/console', async () => {
    freshHost()
    symlinkSync(`${host}/mine`, `${host}/console`)
    const change = (spec: Spec): Spec => ({
      ...mounted(
        { destination: '/dev', type: 'bind', source: host, options: ['rbind'] },
        ...(spec.mounts ?? []).filter(({ type }) => type === 'devpts'),
      )(spec),
      process: spec.process && { ...spec.process, terminal: true },
      linux: { ...spec.linux, maskedPaths: [] },
    })
    await box.sh('echo overwritten > /dev/console', change)
    expect(readFileSync(`${host}/mine`, 'utf8')).toBe('of the host\n')
  })
})

describe('an image or a volume cannot', () => {
  it('put a file of the host in the place of the terminal by what is at its name in /dev/pts', async () => {
    freshHost()
    const names = Array.from({ length: 64 }, (_, number) => String(number))
    for (const name of names) symlinkSync(`../../../../../../../..${host}/mine`, `${host}/${name}`)
    const change = (spec: Spec): Spec => ({
      ...mounted(
        { destination: '/dev/pts', type: 'bind', source: host, options: ['bind'] },
        { destination: '/dev/pts/ptmx', type: 'bind', source: '/dev/pts/ptmx', options: ['bind'] },
      )({ ...spec, mounts: (spec.mounts ?? []).filter(({ type }) => type !== 'devpts') }),
      process: spec.process && { ...spec.process, terminal: true },
    })
    const run = box.sh('echo overwritten > /dev/console', change)
    await expect(run).rejects.toMatchObject({ code: 'RUNTIME_SETUP_FAILED', message: 'terminal failed: ENOENT' })
    expect(readFileSync(`${host}/mine`, 'utf8')).toBe('of the host\n')
  })

  it('keep visible what is masked by a link at its path', async () => {
    writeFileSync(`${rootfs}/etc/masked`, 'secret\n')
    using _link = linked('/masked', '../../../../etc/masked')
    const { output } = await box.sh('cat /etc/masked; echo x > /etc/kept', (spec) => ({
      ...spec,
      linux: { ...spec.linux, maskedPaths: ['/masked'], readonlyPaths: ['/masked'] },
    }))
    expect(output).toBe('')
  })

  it('turn a setting, a score or a label to another file by what is mounted below /proc', async () => {
    freshHost()
    mkdirSync(`${host}/kernel`)
    mkdirSync(`${host}/self`)
    for (const file of ['kernel/msgmax', 'self/oom_score_adj']) symlinkSync('/data/trap', `${host}/${file}`)
    writeFileSync(`${host}/trap`, '')
    using _sys = linked('/sysctl', '/proc/sys')
    using _proc = linked('/process', '/proc')
    const spec = box.spec({ args: ['sleep', '100'] }, (plain) => ({
      ...mounted(volume('/data'), volume('/sysctl'))(plain),
      process: plain.process && { ...plain.process, oomScoreAdj: 321 },
      linux: { ...plain.linux, sysctl: { 'kernel.msgmax': '4242' } },
    }))
    const { pid } = await box.runtime.run('redirected', { spec, rootfs })
    expect(execFileSync('nsenter', ['-t', String(pid), '-i', 'cat', '/proc/sys/kernel/msgmax'], { encoding: 'utf8' })).toBe('4242\n')
    expect(readFileSync(`/proc/${pid}/oom_score_adj`, 'utf8')).toBe('321\n')
    expect(readFileSync(`${host}/trap`, 'utf8')).toBe('')
    for (const destination of ['/proc/self/attr', '/proc/sys', '/proc/1', '/proc']) {
      await expect(box.sh('true', mounted(volume(destination)))).rejects.toMatchObject({ code: 'RUNTIME_BAD_MOUNT' })
    }
  })
})

describe('a working directory behind a descriptor', () => {
  /** Climbing from it must come to the container's own root. */
  const climb = 'cd ../../../../../../../../..; test -d home/ada'
  const paths = [3, 4, 5, 6, 7, 8, 9, 10, 100, 101, 102, 103, 104].map((fd) => `/proc/self/fd/${fd}`)
  it.each([...paths, '/proc/self/fd/101/1/root', '/proc/self/fd/101/self/cwd'])('is refused, or inside the root: %s', async (cwd) => {
    await box.runtime.run('target', { spec: box.spec({ args: ['sleep', '100'] }), rootfs })
    const spec = box.spec({ args: ['sh', '-c', climb], cwd })
    for (const launch of [
      () => box.runtime.exec('target', { ...shell(climb), cwd }),
      async () => (await box.runtime.run('escape', { spec, rootfs })).supervisor,
    ]) {
      const outcome = await launch()
        .then((supervisor) => supervisor.wait())
        .catch((error: unknown) => error)
      if (outcome instanceof RuntimeError) expect(outcome).toMatchObject({ code: 'RUNTIME_SETUP_FAILED' })
      else expect(outcome).toMatchObject({ exitCode: 0 })
    }
  })
})

describe('a container cannot', () => {
  it('inherit capabilities that a program it executes would gain, neither by itself nor by an exec', async () => {
    const sets = async (process: Process) => {
      const supervisor = await box.runtime.exec('inheriting', process)
      await supervisor.wait()
      return readFileSync(`${rootfs}/tmp/sets`, 'utf8')
    }
    await box.runtime.run('inheriting', { spec: box.spec({ args: ['sleep', '100'] }), rootfs })
    const script = 'grep -E "CapInh|CapAmb" /proc/1/status /proc/self/status | cut -f2 | sort -u > /tmp/sets'
    expect(await sets(shell(script))).toBe('0000000000000000\n')
    expect(await sets({ ...shell(script), capabilities: capabilitiesOf(['CAP_SYS_ADMIN']) })).toBe('0000000000000000\n')
  })

  it('find a descriptor that the program which started it had open', async () => {
    for (let count = 0; count < 8; count += 1) openSync('/', 'r')
    const { output } = await box.sh('ls /proc/self/fd')
    expect(output).toBe('0\n1\n2\n3\n')
  })

  it('overwrite the helper, neither as its own program nor as that of an exec that waits', async () => {
    const helper = createRequire(import.meta.url).resolve(`@ct/native-linux-${process.arch}/bin/ct-native`)
    const before = readFileSync(helper)
    const spec = box.spec({ args: ['sleep', '100'], capabilities: [...DEFAULT_CAPABILITIES, 'CAP_SYS_PTRACE', 'CAP_DAC_READ_SEARCH'] })
    await box.runtime.run('overwriter', { spec, rootfs })
    const waiting = await box.runtime.exec('overwriter', shell('true'), { hold: true })
    const script = 'for p in /proc/[0-9]*; do echo x 2>> /tmp/refused > $p/exe; done; true'
    const attacker = await box.runtime.exec('overwriter', {
      ...shell(script),
      capabilities: capabilitiesOf(['CAP_SYS_PTRACE', 'CAP_DAC_OVERRIDE']),
    })
    expect(await attacker.wait()).toMatchObject({ exitCode: 0 })
    await waiting.start()
    await expect(box.runtime.exec('overwriter', { ...shell('true'), args: ['/proc/self/exe', 'run'] })).resolves.toBeDefined()
    expect(readFileSync(helper).equals(before)).toBe(true)
  })

  it('reach what a cgroup has for its administrator', async () => {
    const script = [
      'find() { ls /sys/fs/cgroup/*/$1 2>/dev/null | wc -l; }; find release_agent',
      'for f in /sys/fs/cgroup/*/notify_on_release /sys/fs/cgroup/*/tasks; do echo 1 2>/dev/null > $f && echo written $f; done',
      'mkdir /sys/fs/cgroup/memory/x 2>/dev/null && echo made',
      'mount -t cgroup -o memory none /tmp 2>/dev/null && echo mounted',
      'cat /proc/self/cgroup | grep -v -c ":/$"',
    ].join('; ')
    expect((await box.sh(script)).output).toBe('0\n0\n')
  })

  it('reach the host through descriptors of an exec or a container that waits, also when it may trace', async () => {
    const capabilities = capabilitiesOf([...DEFAULT_CAPABILITIES, 'CAP_SYS_PTRACE'])
    const { process: first, ...spec } = box.spec({ args: ['sleep', '100'], hostname: undefined })
    const { pid } = await box.runtime.run('tracer', { spec: { ...spec, process: first && { ...first, capabilities } }, rootfs })
    const waiting = await box.runtime.exec('tracer', shell('true'), { hold: true })
    const joining = spec.linux?.namespaces?.map(({ type }) => (type === 'pid' ? { type, path: `/proc/${pid}/ns/pid` } : { type }))
    await box.runtime.create('joined', { spec: { ...box.spec({ args: ['true'] }), linux: { ...spec.linux, namespaces: joining } }, rootfs })
    const script = 'for p in /proc/[0-9]*; do ls -l $p/fd; done | grep -E -- "-> (/proc|/sys)" > /tmp/found; true'
    await (await box.runtime.exec('tracer', shell(script))).wait()
    expect(
      readFileSync(`${rootfs}/tmp/found`, 'utf8')
        .replace(/^.*oom_score_adj\n/gm, '')
        .replace(/^.*-> \/proc\/\d+\/fd\n/gm, ''),
    ).toBe('')
    await waiting.start()
  })
})
