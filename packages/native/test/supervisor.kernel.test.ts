import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { encodeRunPlan } from '../src/encode-plan.ts'
import { connectSupervisor, helperPath, launch, launchExec, type RunPlan, readExitRecord, releaseFifo } from '../src/index.ts'
import { parseReport } from '../src/report.ts'
import { containerPlan, execPlan, logLines, output, Sandbox, stop } from './support/busybox.ts'

/** Everything a client gets until its end. */
async function collect(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of socket as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The payloads of docker's frames, by stream number. */
function demultiplex(bytes: Buffer): Record<number, string> {
  const streams: Record<number, string> = {}
  for (let at = 0; at < bytes.length; ) {
    const [stream = 0] = bytes.subarray(at)
    const size = bytes.readUInt32BE(at + 4)
    streams[stream] = (streams[stream] ?? '') + bytes.toString('utf8', at + 8, at + 8 + size)
    at += 8 + size
  }
  return streams
}

const status = (pid: number, field: string) =>
  Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])

async function eventually(isTrue: () => boolean): Promise<void> {
  for (let tries = 0; !isTrue(); tries++) {
    if (tries === 300) expect.unreachable(`not true after 3 seconds: ${isTrue}`)
    await delay(10)
  }
}

test('several clients get the output of what they attached to', async () => {
  using sandbox = new Sandbox()
  const supervisor = await launch(containerPlan(sandbox, ['sh', '-c', 'echo out; echo err >&2'], { hold: true }))
  const clients = await Promise.all([
    supervisor.attach({ stdout: true, stderr: true }),
    supervisor.attach({ stdout: true }),
    supervisor.attach({ stderr: true }),
  ])
  await supervisor.start()
  const got = await Promise.all(clients.map(collect))
  expect(got.map(demultiplex)).toEqual([{ 1: 'out\n', 2: 'err\n' }, { 1: 'out\n' }, { 2: 'err\n' }])
})

test('stdin reaches the process, and half-closing ends it', async () => {
  using sandbox = new Sandbox()
  const supervisor = await launch(containerPlan(sandbox, ['sh', '-c', 'wc -c; echo done'], { hold: true }))
  const client = await supervisor.attach({ stdin: true, stdout: true })
  await supervisor.start()
  client.write(Buffer.alloc(1_000_000, 'x'))
  client.end()
  expect(demultiplex(await collect(client))).toEqual({ 1: '1000000\ndone\n' })
})

test('what a client sent before it went away arrives; its end is the end of stdin when asked for', async () => {
  using sandbox = new Sandbox()
  const script = 'sleep 0.3; wc -c'
  const supervisor = await launch(
    containerPlan(sandbox, ['sh', '-c', script], { hold: true, supervisor: sandbox.supervisor('main', { stdinOnce: true }) }),
  )
  const client = await supervisor.attach({ stdin: true })
  await supervisor.start()
  client.write(Buffer.alloc(150_000, 'x'), () => client.destroy())
  await supervisor.wait()
  expect(output(sandbox)).toBe('150000\n')
})

test('without that, stdin stays open when a client goes away', async () => {
  using sandbox = new Sandbox()
  const supervisor = await launch(containerPlan(sandbox, ['head', '-n', '2']))
  for (const line of ['one\n', 'two\n']) {
    const client = await supervisor.attach({ stdin: true })
    await new Promise((resolve) => client.write(line, resolve))
    client.destroy()
  }
  await supervisor.wait()
  expect(output(sandbox)).toBe('one\ntwo\n')
})

test('a closed stdin is the /dev/null of the container', async () => {
  using sandbox = new Sandbox()
  const supervisor = await launch(
    containerPlan(sandbox, ['sh', '-c', 'readlink /proc/self/fd/0; cat; chmod 600 /dev/stdin /proc/self/fd/0'], {
      supervisor: sandbox.supervisor('main', { stdio: 'closed-stdin' }),
    }),
  )
  await supervisor.wait()
  expect(output(sandbox)).toMatch(/^\/dev\/null\n/)
  expect(statSync('/dev/null').mode & 0o777).toBe(0o666)
})

test('a slow client holds the output up, and loses nothing', async () => {
  using sandbox = new Sandbox()
  const supervisor = await launch(containerPlan(sandbox, ['sh', '-c', 'head -c 5000000 /dev/zero | tr "\\0" x; echo end'], { hold: true }))
  const slow = await supervisor.attach({ stdout: true })
  await supervisor.start()
  await delay(200)
  expect(status(supervisor.pid, 'Tgid')).toBe(supervisor.pid) // waits for the client
  const got = demultiplex(await collect(slow))[1] ?? ''
  expect([got.length, got.slice(-4)]).toEqual([5_000_004, 'end\n'])
  expect(output(sandbox)).toBe(got)
})

test('a client that never reads delays the record, but not for ever', async () => {
  using sandbox = new Sandbox()
  const supervisor = await launch(containerPlan(sandbox, ['sh', '-c', 'head -c 290000 /dev/zero'], { hold: true }))
  const stuck = await supervisor.attach({ stdout: true })
  await supervisor.start()
  const record = await supervisor.wait()
  expect(record).toMatchObject({ exitCode: 0 })
  expect((await collect(stuck)).length).toBeGreaterThan(290_000)
})

test('a terminal is the controlling one, is echoed, is sized and resized', async () => {
  using sandbox = new Sandbox()
  const supervisor = await launch(
    containerPlan(sandbox, ['sh', '-c', 'tty; stty size; read line; stty size; tty < /dev/console; exit 5'], {
      hold: true,
      tty: { rows: 30, columns: 90 },
      env: ['PATH=/bin', 'TERM=dumb'],
    }),
  )
  const client = await supervisor.attach({ stdin: true, stdout: true })
  await supervisor.start()
  const got = collect(client)
  await eventually(() => output(sandbox).includes('30 90'))
  await supervisor.resize({ rows: 50, columns: 132 })
  client.write('line\n')
  expect((await got).toString()).toBe('/dev/pts/0\r\n30 90\r\nline\r\n50 132\r\n/dev/console\r\n')
  expect(await supervisor.wait()).toMatchObject({ exitCode: 5 })
})

test('resizing without a terminal, starting twice and killing the dead are refused', async () => {
  using sandbox = new Sandbox()
  const supervisor = await launch(containerPlan(sandbox, ['sleep', '100'], { hold: true }))
  await expect(supervisor.resize({ rows: 1, columns: 1 })).rejects.toMatchObject({ code: 'NATIVE_CONTROL_FAILED', errno: 'ENOTTY' })
  await supervisor.start()
  await expect(supervisor.start()).rejects.toMatchObject({ code: 'NATIVE_CONTROL_FAILED', errno: 'EALREADY', kind: 'conflict' })
  await stop(supervisor)
  await eventually(() => !existsSync(supervisor.socketPath))
  await expect(supervisor.kill(9)).rejects.toMatchObject({ code: 'NATIVE_SUPERVISOR_GONE', kind: 'not-found' })
})

test.each([
  ['exit 0', { exitCode: 0, signal: 0 }],
  ['exit 7', { exitCode: 7, signal: 0 }],
  ['trap "exit 9" TERM; touch /tmp/ready; while :; do sleep 0.01; done', { exitCode: 9, signal: 0 }],
  ['touch /tmp/ready; exec sleep 100', { exitCode: 137, signal: 9 }],
])('%s is recorded on disk before anybody is told', async (script, expected) => {
  using sandbox = new Sandbox()
  const supervisor = await launch(containerPlan(sandbox, ['sh', '-c', script]))
  const ended = supervisor.wait()
  if (script.includes('ready')) {
    await eventually(() => existsSync(`${sandbox.rootfs}/tmp/ready`))
    await supervisor.kill(expected.signal || 15)
  }
  const record = await ended
  expect(record).toMatchObject({ ...expected, oomKilled: false })
  expect(await readExitRecord(sandbox.file('main.exit'))).toEqual(record)
  expect(record.exitedAtNs).toBeGreaterThan(record.startedAtNs)
  await eventually(() => !existsSync(supervisor.socketPath))
  expect(await supervisor.wait()).toEqual(record) // from the disk, now that it is gone
  await expect(connectSupervisor(supervisor.socketPath).wait()).rejects.toMatchObject({ code: 'NATIVE_SUPERVISOR_GONE' })
})

test('waiting can be given up', async () => {
  using sandbox = new Sandbox()
  const supervisor = await launch(containerPlan(sandbox, ['sleep', '100']))
  const reason = new Error('enough')
  await expect(supervisor.wait({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  const controller = new AbortController()
  const waiting = supervisor.wait({ signal: controller.signal })
  setTimeout(() => controller.abort(reason), 20)
  await expect(waiting).rejects.toBe(reason)
  await stop(supervisor)
})

test('a record that is none is refused', async () => {
  using sandbox = new Sandbox()
  writeFileSync(sandbox.file('bad'), 'ct-exit 2 what\n')
  await expect(readExitRecord(sandbox.file('bad'))).rejects.toMatchObject({ code: 'NATIVE_RECORD_INVALID', kind: 'corrupt' })
})

test('the supervisor outlives a launcher that is killed', async () => {
  using sandbox = new Sandbox()
  const plan = containerPlan(sandbox, ['sh', '-c', 'for i in 1 2 3 4 5 6; do echo $i; sleep 0.1; done; exit 4'])
  writeFileSync(sandbox.file('plan'), encodeRunPlan(plan).message)
  const script = `const { spawn } = require('node:child_process'), { openSync, writeFileSync } = require('node:fs')
    spawn(${JSON.stringify(helperPath())}, ['run'], { stdio: ['inherit', 'inherit', 'inherit', openSync(${JSON.stringify(sandbox.file('plan'))}), 'pipe'] })
      .stdio[4].on('data', (report) => {
        writeFileSync(${JSON.stringify(sandbox.file('report'))}, report)
        process.kill(0, 'SIGKILL')
      })`
  const launcher = spawn(process.execPath, ['-e', script], { detached: true, stdio: 'ignore' })
  expect(await once(launcher, 'exit')).toEqual([null, 'SIGKILL'])
  const pid = parseReport(readFileSync(sandbox.file('report')))?.pid ?? 0
  expect(status(pid, 'Tgid')).toBe(pid)
  const record = await connectSupervisor(plan.supervisor.socketPath ?? '').wait()
  expect(record).toMatchObject({ exitCode: 4 })
  expect(output(sandbox)).toBe('1\n2\n3\n4\n5\n6\n')
})

const isSanitized = readFileSync(helperPath()).includes('__asan_')

test.skipIf(isSanitized)('the supervisor is small, holds no directory, and ignores signals that end others', async () => {
  using sandbox = new Sandbox()
  const supervisor = await launch(containerPlan(sandbox, ['sh', '-c', 'yes "a <line> of a log" | head -c 30000000; sleep 100']))
  const pid = status(supervisor.pid, 'PPid')
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGPIPE'] as const) process.kill(pid, signal)
  await eventually(() => statSync(sandbox.file('main.log')).size > 30_000_000)
  expect(status(pid, 'VmRSS')).toBeLessThan(1024)
  expect(status(pid, 'VmHWM')).toBeLessThan(1200)
  await stop(supervisor)
})

test('the log has lines as docker writes them', async () => {
  using sandbox = new Sandbox()
  const long = 'y'.repeat(20_000)
  const bytes = Buffer.concat([
    Buffer.from('q"b\\s/<&>\t\r\u2028\u2029é€😀\x01\x7f\n\n'),
    Buffer.from([0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0x0a]),
    Buffer.from(`${long}\nno newline`),
  ])
  writeFileSync(`${sandbox.rootfs}/etc/bytes`, bytes)
  await (await launch(containerPlan(sandbox, ['sh', '-c', 'cat /etc/bytes; echo err >&2']))).wait()
  const text = readFileSync(sandbox.file('main.log'), 'utf8')
  const [first = ''] = text.split('\n')
  expect(first).toMatch(
    /^\{"log":"q\\"b\\\\s\/\\u003c\\u0026\\u003e\\u0009\\r\\u2028\\u2029é€😀\\u0001\x7f\\n","stream":"stdout","time":"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z"\}$/u,
  )
  const lines = logLines(sandbox)
  expect(lines.filter(({ stream }) => stream === 'stderr').map(({ log }) => log)).toEqual(['err\n'])
  const stdout = lines.filter(({ stream }) => stream === 'stdout').map(({ log }) => log)
  expect(stdout.slice(1)).toEqual([
    '\n',
    '\ufffd\ufffd(\ufffd\ufffd\ufffd\n',
    long.slice(0, 16_384),
    `${long.slice(16_384)}\n`,
    'no newline',
  ])
  const now = Date.now()
  for (const { time } of lines) expect(Math.abs(now - Date.parse(time))).toBeLessThan(10_000)
})

test('a full disk loses whole lines of the log, and the process goes on', async () => {
  using sandbox = new Sandbox()
  const plan = containerPlan(sandbox, ['sh', '-c', 'for i in 1 2 3; do echo line; done; exit 3'], {
    supervisor: sandbox.supervisor('main', { logPath: '/dev/full' }),
  })
  expect(await (await launch(plan)).wait()).toMatchObject({ exitCode: 3 })
})

test('an exec joins the container, and a stale pid is refused', async () => {
  using sandbox = new Sandbox()
  const container = await launch(containerPlan(sandbox, ['sleep', '100']))
  const exec = await launchExec(
    execPlan(sandbox, container.pid, ['sh', '-c', 'hostname; ps -o args | grep -c "^sleep"; pwd; ls /proc/$$/fd; exit 6']),
  )
  expect(await exec.wait()).toMatchObject({ exitCode: 6 })
  expect(output(sandbox, 'exec')).toBe('box\n1\n/\n0\n1\n2\n')
  const plan = execPlan(sandbox, container.pid, ['true'])
  await expect(launchExec({ ...plan, pidStartTime: 1n })).rejects.toMatchObject({
    code: 'NATIVE_LAUNCH_FAILED',
    stage: 'join',
    errno: 'ESRCH',
  })
  const startTime = readFileSync(`/proc/${container.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19] ?? ''
  expect(await (await launchExec({ ...plan, pidStartTime: BigInt(startTime) })).wait()).toMatchObject({ exitCode: 0 })
  await expect(launchExec(execPlan(sandbox, container.pid, ['none']))).rejects.toMatchObject({
    code: 'NATIVE_EXEC_FAILED',
    errno: 'ENOENT',
  })
  await stop(container)
  await expect(launchExec(plan)).rejects.toMatchObject({ stage: 'join', errno: 'ESRCH' })
})

test('an exec with a terminal has its own, and leaves the console alone', async () => {
  using sandbox = new Sandbox()
  const container = await launch(containerPlan(sandbox, ['sleep', '100'], { tty: { rows: 24, columns: 80 } }))
  const plan = execPlan(sandbox, container.pid, ['sh', '-c', 'tty; stty size; grep -c console /proc/mounts'])
  const exec = await launchExec({ ...plan, operations: [{ op: 'terminal', rows: 11, columns: 22 }, ...plan.operations] })
  await exec.wait()
  expect(output(sandbox, 'exec')).toBe('/dev/pts/1\r\n11 22\r\n1\r\n')
  await stop(container)
})

test('an exec ends although a child of it keeps its output open', async () => {
  using sandbox = new Sandbox()
  const container = await launch(containerPlan(sandbox, ['sleep', '100']))
  const exec = await launchExec(execPlan(sandbox, container.pid, ['sh', '-c', 'sleep 50 & echo left']))
  expect(await exec.wait()).toMatchObject({ exitCode: 0 })
  expect(output(sandbox, 'exec')).toBe('left\n')
  await stop(container)
})

test('a detached process has the stdio of its launcher, waits at a FIFO and has no supervisor', async () => {
  using sandbox = new Sandbox()
  const fifo = sandbox.file('fifo')
  const plan = containerPlan(sandbox, ['sh', '-c', 'echo free > /tmp/free'], {
    hold: true,
    supervisor: { stdio: 'inherit', detachWithFifo: fifo, pidPath: sandbox.file('pid') },
  })
  const { pid } = await launch(plan)
  expect(Number(readFileSync(sandbox.file('pid'), 'utf8'))).toBe(pid)
  await eventually(
    () => status(pid, 'PPid') !== process.pid && !readFileSync(`/proc/${status(pid, 'PPid')}/cmdline`, 'utf8').includes('ct-native'),
  )
  await delay(50)
  expect(existsSync(`${sandbox.rootfs}/tmp/free`)).toBe(false)
  await releaseFifo(fifo)
  await eventually(() => existsSync(`${sandbox.rootfs}/tmp/free`))
  await expect(releaseFifo(fifo)).rejects.toMatchObject({ code: 'NATIVE_SUPERVISOR_GONE' })
})

test('the pty master is handed to the console socket', async () => {
  using sandbox = new Sandbox()
  const path = sandbox.file('console.sock')
  const server = createServer().listen(path)
  await once(server, 'listening')
  const connected = once(server, 'connection')
  const plan = containerPlan(sandbox, ['sleep', '100'], {
    tty: { rows: 24, columns: 80 },
    supervisor: sandbox.supervisor('main', { consoleSocketPath: path }),
  })
  const supervisor = await launch(plan)
  const [socket] = (await connected) as [Socket]
  expect((await collect(socket)).toString()).toBe('/dev/ptmx')
  await expect(supervisor.resize({ rows: 1, columns: 1 })).rejects.toMatchObject({ errno: 'ENOTTY' }) // no longer its own
  await stop(supervisor)
  server.close()
})

const memory = '/sys/fs/cgroup/memory'

test.skipIf(!existsSync(memory))('a kill by the memory limit is told from others', async () => {
  using sandbox = new Sandbox()
  const cgroup = `${memory}/ct-native-test-${process.pid}`
  mkdirSync(cgroup)
  try {
    writeFileSync(`${cgroup}/memory.limit_in_bytes`, '20000000')
    const oom = { path: `${cgroup}/memory.oom_control`, key: 'oom_kill' }
    const plan: Partial<RunPlan> = { cgroupProcs: [`${cgroup}/tasks`] }
    const script = 'cat /proc/self/cgroup; x=x; while :; do x=$x$x; done'
    const supervisor = await launch(containerPlan(sandbox, ['sh', '-c', script], { plan, supervisor: sandbox.supervisor('main', { oom }) }))
    expect(await supervisor.wait()).toMatchObject({ exitCode: 137, signal: 9, oomKilled: true })
    expect(output(sandbox)).toMatch(/:memory:\/\n/) // its cgroup namespace begins at its cgroup
    const second = await launch(containerPlan(sandbox, ['true'], { plan, supervisor: sandbox.supervisor('main', { oom }) }))
    expect(await second.wait()).toMatchObject({ exitCode: 0, oomKilled: false })
  } finally {
    rmdirSync(cgroup)
  }
})

test.skipIf(!existsSync('/sys/fs/cgroup/unified'))('a version 2 cgroup is entered at birth', async () => {
  using sandbox = new Sandbox()
  const cgroup = `/sys/fs/cgroup/unified/ct-native-test-${process.pid}`
  mkdirSync(cgroup)
  try {
    const supervisor = await launch(containerPlan(sandbox, ['sleep', '100'], { plan: { cgroupProcs: [`${cgroup}/cgroup.procs`] } }))
    expect(readFileSync(`${cgroup}/cgroup.procs`, 'utf8').trim()).toBe(`${supervisor.pid}`)
    await stop(supervisor)
    const gone = launch(containerPlan(sandbox, ['true'], { plan: { cgroupProcs: [`${cgroup}/none/cgroup.procs`] } }))
    await expect(gone).rejects.toMatchObject({ code: 'NATIVE_LAUNCH_FAILED', stage: 'cgroup', errno: 'ENOENT' })
  } finally {
    await eventually(() => readFileSync(`${cgroup}/cgroup.procs`, 'utf8') === '')
    rmdirSync(cgroup)
  }
})

test('files that cannot be made fail the launch', async () => {
  using sandbox = new Sandbox()
  const plan = containerPlan(sandbox, ['true'])
  const launching = launch({ ...plan, supervisor: { ...plan.supervisor, logPath: `${sandbox.path}/none/log` } })
  await expect(launching).rejects.toMatchObject({ code: 'NATIVE_LAUNCH_FAILED', stage: 'files', errno: 'ENOENT' })
})
