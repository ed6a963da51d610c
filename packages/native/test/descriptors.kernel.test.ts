import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { launch, type Operation } from '../src/index.ts'
import { containerPlan, output, run, Sandbox, stop } from './support/busybox.ts'

/** Answers one connection: prints the text that came, and what the descriptor with it is. */
const RECEIVER = `
import os, socket, sys
listener = socket.socket(socket.AF_UNIX); listener.bind(sys.argv[1]); listener.listen(1)
connection, _ = listener.accept()
text, fds, _, _ = socket.recv_fds(connection, 4096, 4)
info = open('/proc/self/fdinfo/%d' % fds[0]).read()
print(text.decode(), os.readlink('/proc/self/fd/%d' % fds[0]), *[line.split()[1] for line in info.split('\\n') if line.startswith('Pid:')])
`

async function receiver(path: string): Promise<{ readonly text: Promise<string> }> {
  const child = spawn('python3', ['-c', RECEIVER, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  await expect.poll(() => existsSync(path), { timeout: 20_000 }).toBe(true)
  return { text: allOf(child.stdout as AsyncIterable<Buffer>) }
}

/** Everything that a program prints, which may come in pieces. */
async function allOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8').trim()
}

test('the pidfd of the process goes to who asked for it', async () => {
  using sandbox = new Sandbox()
  const pidfdSocketPath = sandbox.file('pidfd.sock')
  const { text } = await receiver(pidfdSocketPath)
  const supervisor = await launch(
    containerPlan(sandbox, ['true'], { hold: true, supervisor: sandbox.supervisor('main', { pidfdSocketPath }) }),
  )
  expect(await text).toBe(`pidfd anon_inode:[pidfd] ${supervisor.pid}`)
  await stop(supervisor)
})

test('the listener of a filter goes to who waits for it, with the answer to the pause', async () => {
  using sandbox = new Sandbox()
  const listenerPath = sandbox.file('listener.sock')
  const { text } = await receiver(listenerPath)
  const program = Buffer.from('06000000' + '0000ff7f', 'hex') // SECCOMP_RET_ALLOW
  const plan = containerPlan(sandbox, ['true'], {
    supervisor: sandbox.supervisor('main', { listenerPath }),
    late: [{ op: 'pause' }, { op: 'seccomp', program, flags: 8 }],
  })
  const supervisor = await launch(plan, { onPause: async (pid) => Buffer.from(`{"pid":${pid}}`) })
  expect(await text).toBe(`{"pid":${supervisor.pid}} anon_inode:seccomp notify`)
  await supervisor.wait()
})

test('nobody who waits for a descriptor is a failed launch', async () => {
  using sandbox = new Sandbox()
  const supervisor = sandbox.supervisor('main', { pidfdSocketPath: sandbox.file('none') })
  await expect(launch(containerPlan(sandbox, ['true'], { supervisor, hold: true }))).rejects.toMatchObject({
    code: 'NATIVE_LAUNCH_FAILED',
    stage: 'files',
    errno: 'ENOENT',
  })
})

test('preserved descriptors are those of the launcher from 3 on, and no others', async () => {
  using sandbox = new Sandbox()
  writeFileSync(sandbox.file('three'), 'third\n')
  writeFileSync(sandbox.file('four'), 'fourth\n')
  const script = `
    import { launch } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)}
    const supervisor = await launch(JSON.parse(process.argv[1]))
    await supervisor.wait()`
  const plan = containerPlan(sandbox, ['sh', '-c', 'cat <&3; cat <&4; ls /proc/$$/fd; true'], {
    supervisor: sandbox.supervisor('main', { preservedFds: 2 }),
  })
  const command = `exec "$0" --input-type=module -e "$1" "$2" 3<${sandbox.file('three')} 4<${sandbox.file('four')}`
  const child = spawn('sh', ['-c', command, process.execPath, script, JSON.stringify(plan)], { stdio: ['ignore', 'ignore', 'inherit'] })
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(output(sandbox)).toBe('third\nfourth\n0\n1\n2\n3\n4\n')
})

const bytes = (text: string): Operation[] => [{ op: 'probe', files: [text] }]

test.each([
  ['/none', 'ENOENT', 'not-found'],
  ['/etc/passwd', 'EACCES', 'denied'],
  ['/etc', 'EACCES', 'denied'],
])('a program is looked for before the hold: %s', async (program, errno, kind) => {
  using sandbox = new Sandbox()
  await expect(launch(containerPlan(sandbox, ['true'], { late: bytes(program), hold: true }))).rejects.toMatchObject({
    code: 'NATIVE_EXEC_FAILED',
    errno,
    kind,
  })
})

test('scheduling, io priority, processors and clocks are as planned', async () => {
  using sandbox = new Sandbox()
  const attributes = { policy: 3, flags: 0n, nice: 5, priority: 0, runtimeNs: 0n, deadlineNs: 0n, periodNs: 0n }
  const { stdout } = await run(
    sandbox,
    ['sh', '-c', 'cut -d" " -f19,41 /proc/self/stat; ionice -p $$; grep Cpus_allowed_list /proc/self/status; cut -d. -f1 /proc/uptime'],
    {
      early: [{ op: 'cpu-affinity', cpus: [1] }],
      late: [
        { op: 'scheduler', attributes },
        { op: 'io-priority', class: 2, priority: 6 },
        { op: 'cpu-affinity', cpus: [0] },
      ],
      plan: {
        namespaces: (['ipc', 'mount', 'network', 'pid', 'uts', 'time'] as const).map((type) => ({ type })),
        timeOffsets: [
          { clock: 'boottime', seconds: 1_000_000_000n, nanoseconds: 0 },
          { clock: 'monotonic', seconds: -1n, nanoseconds: 5 },
        ],
      },
    },
  )
  const [scheduling, priority, processors, uptime] = stdout.trim().split('\n')
  expect([scheduling, priority, processors]).toEqual(['5 3', 'best-effort: prio 6', 'Cpus_allowed_list:\t0'])
  expect(Number(uptime)).toBeGreaterThan(1_000_000_000)
})
