import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { createRuntime, type Process } from '../../src/index.ts'
import { TestRuntime } from '../test-runtime.ts'

const box = new TestRuntime()
const { runtime } = box
afterAll(() => box[Symbol.asyncDispose]())

function bundle(...args: string[]) {
  return { spec: box.spec({ args }), rootfs: box.root.rootfs }
}

const shell: Process = { args: ['sh', '-c', 'exit 0'], cwd: '/', user: { uid: 0, gid: 0 }, env: ['PATH=/bin'] }

describe('the life of a container', () => {
  it('goes from created to running, paused and stopped, and leaves nothing', async () => {
    const { pid, supervisor, cgroup } = await runtime.create('life', bundle('sleep', '100'))
    expect(await runtime.state('life')).toMatchObject({ id: 'life', status: 'created', pid, bundle: box.root.rootfs })
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain('sleep')
    await runtime.start('life')
    expect(await runtime.state('life')).toMatchObject({ status: 'running', pid })
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toBe('sleep\x00100\x00')
    expect(await runtime.pids('life')).toEqual([pid])
    await runtime.pause('life')
    expect((await runtime.state('life')).status).toBe('paused')
    await runtime.resume('life')
    expect((await runtime.state('life')).status).toBe('running')
    await runtime.kill('life', 'KILL')
    expect(await supervisor.wait()).toMatchObject({ exitCode: 137, signal: 9, oomKilled: false })
    expect(await runtime.state('life')).toMatchObject({ status: 'stopped', pid: 0 })
    await runtime.delete('life')
    expect(box.cgroupDirectories(cgroup)).toEqual([])
    expect(existsSync(`${box.root.directory}/state/life`)).toBe(false)
    await expect(runtime.state('life')).rejects.toMatchObject({ code: 'RUNTIME_NO_CONTAINER', kind: 'not-found' })
  })

  it('survives the program that started it', async () => {
    const { pid } = await runtime.run('kept', bundle('sh', '-c', 'trap "exit 7" TERM; while :; do sleep 0.05; done'))
    const other = createRuntime({ stateDirectory: `${box.root.directory}/state`, cgroupParent: box.cgroupParent })
    const loaded = await other.load('kept')
    expect(loaded).toMatchObject({ id: 'kept', pid })
    await new Promise((resolve) => setTimeout(resolve, 200))
    await other.kill('kept', 'SIGTERM')
    expect(await loaded?.supervisor.wait()).toMatchObject({ exitCode: 7 })
    await other.delete('kept')
    expect(await other.load('kept')).toBeUndefined()
  })

  it('is made from a bundle directory, with the root that config.json names', async () => {
    writeFileSync(`${box.root.directory}/config.json`, JSON.stringify(box.spec({ args: ['sh', '-c', 'exit 3'] })))
    const { supervisor } = await runtime.run('bundled', box.root.directory)
    expect(await supervisor.wait()).toMatchObject({ exitCode: 3 })
    expect(await runtime.state('bundled')).toMatchObject({ bundle: box.root.directory })
    await runtime.delete('bundled')
  })

  it('is deleted with everything that runs in it when forced', async () => {
    const { pid, cgroup } = await runtime.run('forced', bundle('sh', '-c', 'sleep 100 & sleep 100'))
    await expect(runtime.delete('forced')).rejects.toMatchObject({ code: 'RUNTIME_WRONG_STATUS', kind: 'conflict' })
    await runtime.pause('forced')
    await runtime.delete('forced', { force: true })
    expect(existsSync(`/proc/${pid}`)).toBe(false)
    expect(box.cgroupDirectories(cgroup)).toEqual([])
    await runtime.delete('forced', { force: true })
  })

  it('mounts its root file system for itself alone', async () => {
    const upper = ['upper', 'work', 'merged'].map((name) => `${box.root.directory}/${name}`)
    const { mkdirSync } = await import('node:fs')
    for (const directory of upper) mkdirSync(directory)
    const [upperdir, workdir, merged = ''] = upper
    const options = [`lowerdir=${box.root.rootfs}`, `upperdir=${upperdir}`, `workdir=${workdir}`]
    const spec = box.spec({ args: ['sh', '-c', 'echo mine > /written'] })
    const { supervisor } = await runtime.run('layered', { spec, rootfs: merged, mounts: [{ type: 'overlay', source: 'overlay', options }] })
    expect(await supervisor.wait()).toMatchObject({ exitCode: 0 })
    expect(readFileSync(`${upperdir}/written`, 'utf8')).toBe('mine\n')
    expect(existsSync(`${merged}/written`)).toBe(false)
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(merged)
    await runtime.delete('layered')
  })
})

describe('exec', () => {
  it('joins everything of the container with the privileges of its first process', async () => {
    const { pid } = await runtime.run('host', bundle('sleep', '100'))
    const exitPath = `${box.root.directory}/exec-exit`
    const out = `hostname; grep -E "CapEff|Seccomp:" /proc/self/status; cat /proc/self/cgroup | grep -v ":/$" | wc -l; id -un`
    const script = `(${out}) > /tmp/exec-out; exit 5`
    const supervisor = await runtime.exec('host', { ...shell, args: ['sh', '-c', script], user: { uid: 0, gid: 0 } }, { exitPath })
    expect(await supervisor.wait()).toMatchObject({ exitCode: 5 })
    expect(readFileSync(`${box.root.rootfs}/tmp/exec-out`, 'utf8')).toBe('box\nCapEff:\t00000000a80425fb\nSeccomp:\t2\n0\nroot\n')
    const second = await runtime.exec('host', { ...shell, args: ['sleep', '50'], user: { uid: 1815, gid: 1815 } })
    expect(await runtime.pids('host')).toEqual([pid, second.pid].sort((a, b) => a - b))
    await second.kill(15)
    expect(await second.wait()).toMatchObject({ signal: 15 })
  })

  it('can wait for a client, and speaks over a terminal', async () => {
    const supervisor = await runtime.exec(
      'host',
      { ...shell, args: ['stty', 'size'], terminal: true, consoleSize: { height: 9, width: 40 } },
      { hold: true },
    )
    const socket = await supervisor.attach({ stdin: true, stdout: true, stderr: true })
    await supervisor.start()
    let text = ''
    for await (const chunk of socket) text += chunk
    expect(text).toBe('9 40\r\n')
  })

  const failures: [args: string[], code: string, message: RegExp][] = [
    [['no-such-program'], 'RUNTIME_EXEC_NOT_FOUND', /^exec: "no-such-program": executable file not found in \$PATH$/],
    [['/no/such'], 'RUNTIME_EXEC_NOT_FOUND', /^exec: "\/no\/such": stat \/no\/such: no such file or directory$/],
    [['not-a-program'], 'RUNTIME_EXEC_FAILED', /^exec: "not-a-program": exec format error$/],
    [['/etc/not-executable'], 'RUNTIME_EXEC_DENIED', /^exec: "\/etc\/not-executable": permission denied$/],
  ]
  it.each(failures)('of %j fails with %s', async (args, code, message) => {
    const expected = { code, message: expect.stringMatching(message) }
    await expect(runtime.exec('host', { ...shell, args })).rejects.toMatchObject(expected)
    await expect(runtime.run('fails', bundle(...args))).rejects.toMatchObject(expected)
    await runtime.create('held', bundle(...args))
    await expect(runtime.start('held')).rejects.toMatchObject(expected)
    expect((await runtime.state('held')).status).toBe('stopped')
    await runtime.delete('held')
  })

  it('is refused in a container that has ended', async () => {
    await runtime.kill('host', 9)
    await (await runtime.load('host'))?.supervisor.wait()
    await expect(runtime.exec('host', shell)).rejects.toMatchObject({ code: 'RUNTIME_WRONG_STATUS' })
    await expect(runtime.kill('host', 9)).rejects.toMatchObject({ code: 'RUNTIME_WRONG_STATUS' })
    await runtime.delete('host')
  })
})

describe('what cannot be created leaves nothing', () => {
  const change = (more: object) => ({ ...bundle('true'), spec: { ...box.spec({ args: ['true'] }), ...more } })
  const mount = (fields: object) => ({ mounts: [{ destination: '/x', type: 'bind', ...fields }] })
  const rows: [name: string, bundle: ReturnType<typeof change>, code: string, message: RegExp][] = [
    ['a missing bind source', change(mount({ source: '/no/such', options: ['bind'] })), 'RUNTIME_BAD_MOUNT', /\/x.*\/no\/such/],
    ['an unknown file system', change(mount({ type: 'nofs', source: 'x' })), 'RUNTIME_BAD_MOUNT', /nofs on \/x/],
    ['a bad option', change(mount({ type: 'tmpfs', source: 'x', options: ['sizes=1'] })), 'RUNTIME_BAD_MOUNT', /tmpfs on \/x: EINVAL/],
    ['a mount inside /proc', change({ mounts: [{ destination: '/proc/self', type: 'tmpfs' }] }), 'RUNTIME_BAD_MOUNT', /inside \/proc/],
    ['a missing root', { ...change({}), rootfs: `${box.root.directory}/none` }, 'RUNTIME_BAD_MOUNT', /root file system/],
  ]
  it.each(rows)('%s', async (_, bad, code, message) => {
    await expect(runtime.run('bad', bad)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
    expect(await runtime.list()).toEqual([])
    expect(box.cgroupDirectories(`/${box.cgroupParent}/bad`)).toEqual([])
  })

  it('an id that is in use, or is none', async () => {
    await runtime.create('taken', bundle('true'))
    await expect(runtime.create('taken', bundle('true'))).rejects.toMatchObject({ code: 'RUNTIME_ID_IN_USE', kind: 'conflict' })
    await runtime.delete('taken')
    await expect(runtime.create('../x', bundle('true'))).rejects.toMatchObject({ code: 'RUNTIME_BAD_ID' })
    await expect(runtime.kill('no-such', 9)).rejects.toMatchObject({ code: 'RUNTIME_NO_CONTAINER' })
  })

  it('an aborted one', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(runtime.run('aborted', bundle('true'), { signal })).rejects.toThrow('enough')
    expect(await runtime.list()).toEqual([])
  })

  it.each([0, 1, 2])('one aborted %i ms after the set-up has begun', async (delayMs) => {
    const controller = new AbortController()
    const running = runtime.run('abandoned', bundle('sleep', '100'), { signal: controller.signal })
    setTimeout(() => controller.abort(new Error('changed my mind')), delayMs)
    await expect(running).rejects.toThrow('changed my mind')
    expect(await runtime.list()).toEqual([])
    expect(box.cgroupDirectories(`/${box.cgroupParent}/abandoned`)).toEqual([])
  })

  it('a bundle without a readable config', async () => {
    await expect(runtime.run('none', '/no/such')).rejects.toMatchObject({ code: 'RUNTIME_BAD_BUNDLE' })
    writeFileSync(`${box.root.directory}/config.json`, '{')
    await expect(runtime.run('none', box.root.directory)).rejects.toMatchObject({ code: 'RUNTIME_BAD_BUNDLE' })
  })

  it('a working directory that is none', async () => {
    const spec = { ...box.spec({ args: ['true'], cwd: '/etc/passwd' }) }
    await expect(runtime.run('cwd', { ...bundle('true'), spec })).rejects.toMatchObject({
      code: 'RUNTIME_SETUP_FAILED',
      message: expect.stringContaining('/etc/passwd'),
    })
  })
})
