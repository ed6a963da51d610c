import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { connectSupervisor, launch, sendNetlink } from '../src/index.ts'
import { containerPlan, output, run, Sandbox, stop } from './support/busybox.ts'

function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replace(/\0+$/, '').replaceAll('\0', ' ')
}

/** The server of this program, once it has launched often enough to have one. */
async function serverPid(sandbox: Sandbox): Promise<number> {
  for (let round = 0; ; round += 1) {
    const supervisor = await launch(containerPlan(sandbox, ['true'], { hold: true, supervisor: sandbox.supervisor(`probe-${round}`) }))
    const parent = parentOf(parentOf(supervisor.pid))
    await stop(supervisor)
    if (parent !== process.pid) return parent
    expect(round, 'launches without a server').toBeLessThan(4)
  }
}

/** Also when the machine's init has not heard of it yet. */
function hasEnded(pid: number): boolean {
  return !existsSync(`/proc/${pid}`) || /^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
}

/** The helpers that it has made and that have not ended. */
function helpersOf(server: number): number[] {
  const text = readFileSync(`/proc/${server}/task/${server}/children`, 'utf8')
  return text.split(' ').filter(Boolean).map(Number)
}

test('who launches often has a server that makes the helpers, which are called by what they do', async () => {
  using sandbox = new Sandbox()
  const server = await serverPid(sandbox)
  expect(commandOf(server)).toMatch(/ct-native serve$/)
  expect(parentOf(server)).toBe(process.pid)
  const supervisor = await launch(containerPlan(sandbox, ['sleep', '100']))
  expect(parentOf(parentOf(supervisor.pid))).toBe(server)
  expect(commandOf(parentOf(supervisor.pid))).toMatch(/ct-native run$/)
  expect(readdirSync(`/proc/${parentOf(supervisor.pid)}/fd`).length).toBeLessThan(12)
  await stop(supervisor)
})

test('a failure is told through the server as it is without one, and leaves nothing', async () => {
  using sandbox = new Sandbox()
  const server = await serverPid(sandbox)
  const missing = launch(containerPlan(sandbox, ['missing']))
  await expect(missing).rejects.toMatchObject({ code: 'NATIVE_EXEC_FAILED', errno: 'ENOENT' })
  const refused = sendNetlink({ steps: [{ namespace: '/proc/self/ns/nothing' }] })
  await expect(refused).rejects.toMatchObject({ code: 'NATIVE_NETLINK_FAILED', cause: { code: 'ENOENT' } })
  const reason = new Error('enough')
  const held = launch(containerPlan(sandbox, ['true'], { late: [{ op: 'pause' }] }), {
    signal: AbortSignal.timeout(200),
    onPause: () => new Promise(() => undefined),
  })
  await expect(held).rejects.toMatchObject({ name: 'TimeoutError' })
  const rejected = launch(containerPlan(sandbox, ['true'], { late: [{ op: 'pause' }] }), { onPause: () => Promise.reject(reason) })
  await expect(rejected).rejects.toBe(reason)
  // But for the one that waits for the next launch.
  await expect.poll(() => helpersOf(server).length).toBe(1)
})

test('a helper waits for the next launch, and is not missed when it is gone', async () => {
  using sandbox = new Sandbox()
  const server = await serverPid(sandbox)
  const waiting = () => expect.poll(() => helpersOf(server).length).toBe(1)
  await waiting()
  const [spare = 0] = helpersOf(server)
  const first = await launch(containerPlan(sandbox, ['sleep', '100'], { supervisor: sandbox.supervisor('first') }))
  expect(parentOf(first.pid)).toBe(spare)
  await stop(first)
  await waiting()
  const [next = 0] = helpersOf(server)
  expect(next).not.toBe(spare)
  process.kill(next, 'SIGKILL')
  await expect.poll(() => helpersOf(server)).toEqual([])
  const second = await run(sandbox, ['true'], { supervisor: sandbox.supervisor('second') })
  expect(second.exitCode).toBe(0)
  await waiting()
})

test('a server that is killed is missed by nobody, and another takes its place', async () => {
  using sandbox = new Sandbox()
  const server = await serverPid(sandbox)
  const supervisor = await launch(containerPlan(sandbox, ['sh', '-c', 'read line; echo $line']))
  process.kill(server, 'SIGKILL')
  const next = await run(sandbox, ['true'], { supervisor: sandbox.supervisor('next') })
  expect(next.exitCode).toBe(0)
  const socket = await supervisor.attach({ stdin: true })
  socket.end('still here\n')
  expect(await supervisor.wait()).toMatchObject({ exitCode: 0 })
  expect(output(sandbox)).toBe('still here\n')
  expect(await serverPid(sandbox)).not.toBe(server)
})

/** A program that launches, waits for a line, and ends as it is told. */
const PROGRAM = `
const { launch } = await import(${JSON.stringify(fileURLToPath(new URL('../dist/index.js', import.meta.url)))})
const { readFileSync } = await import('node:fs')
const plans = JSON.parse(readFileSync(process.argv[1], 'utf8'))
let pid
for (const plan of plans) ({ pid } = await launch(plan))
process.stdout.write(pid + '\\n')
process.stdin.resume()
`

test.each([
  ['ends', ''],
  ['is killed', 'SIGKILL'],
] as const)('the server ends when its program %s; what it has launched does not', async (_, signal) => {
  using sandbox = new Sandbox()
  const plans = ['a', 'b', 'c', 'd'].map((name) => containerPlan(sandbox, ['sleep', '100'], { supervisor: sandbox.supervisor(name) }))
  writeFileSync(sandbox.file('plans'), JSON.stringify(plans))
  const program = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, sandbox.file('plans')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: sandbox.path },
  })
  const [line] = (await once(createInterface(program.stdout), 'line')) as [string]
  const server = parentOf(parentOf(Number(line)))
  expect(commandOf(server)).toMatch(/ct-native serve$/)
  const launched = plans.slice(2).length // the others had helpers of their own
  await expect.poll(() => helpersOf(server).length).toBe(launched + 1)
  const spare = Math.max(...helpersOf(server))
  const [directory] = readdirSync(sandbox.path).filter((name) => name.startsWith('ct-native-'))
  expect(statSync(sandbox.file(directory ?? '')).mode & 0o777).toBe(0o700)
  if (signal === '') program.stdin.end()
  else program.kill(signal)
  await once(program, 'exit')
  await expect.poll(() => existsSync(sandbox.file(directory ?? ''))).toBe(false)
  await expect.poll(() => hasEnded(spare)).toBe(true)
  for (const { supervisor } of plans) await stop(connectSupervisor(supervisor.socketPath ?? '', { exitPath: supervisor.exitPath }))
})

test('without a place for its socket, helpers are started one by one', async () => {
  using sandbox = new Sandbox()
  const plans = ['a', 'b', 'c', 'd'].map((name) => containerPlan(sandbox, ['true'], { supervisor: sandbox.supervisor(name) }))
  writeFileSync(sandbox.file('plans'), JSON.stringify(plans))
  for (const TMPDIR of [sandbox.file('none'), sandbox.path.padEnd(120, '/')]) {
    const program = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, sandbox.file('plans')], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, TMPDIR },
    })
    expect(await once(program, 'exit')).toEqual([0, null])
  }
  for (const { supervisor } of plans)
    expect(await connectSupervisor(supervisor.socketPath ?? '', { exitPath: supervisor.exitPath }).wait()).toMatchObject({ exitCode: 0 })
})
