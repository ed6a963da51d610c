import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { TestRuntime } from '../test-runtime.ts'

const box = new TestRuntime()
const { runtime } = box
const state = `${box.root.directory}/state`
afterAll(() => box[Symbol.asyncDispose]())

function bundle(...args: string[]) {
  return { spec: box.spec({ args }), rootfs: box.root.rootfs }
}

function parentOf(pid: number): number {
  return Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

/** Whether a process is there that has not ended. */
function runs(pid: number): boolean {
  return existsSync(`/proc/${pid}/exe`)
}

describe('a supervisor that was killed', () => {
  it('leaves a container that can be killed and deleted', async () => {
    const { pid } = await runtime.run('orphan', bundle('sleep', '100'))
    process.kill(parentOf(pid), 'SIGKILL')
    await expect.poll(() => existsSync(`/proc/${pid}`) && parentOf(pid)).not.toBe(process.pid)
    expect((await runtime.state('orphan')).status).toBe('running')
    await runtime.kill('orphan', 'KILL')
    await expect.poll(async () => (await runtime.state('orphan')).status).toBe('stopped')
    await runtime.delete('orphan')
  })

  it('takes a container with it that was not started', async () => {
    const { pid } = await runtime.create('unborn', bundle('sleep', '100'))
    process.kill(parentOf(pid), 'SIGKILL')
    await expect.poll(async () => (await runtime.state('unborn')).status).toBe('stopped')
    await expect(runtime.start('unborn')).rejects.toMatchObject({ code: 'RUNTIME_WRONG_STATUS' })
    await runtime.delete('unborn')
  })
})

describe('a container that is paused before its start', () => {
  it('is paused, can be resumed, and is created then', async () => {
    await runtime.create('early', bundle('sleep', '100'))
    await runtime.pause('early')
    expect((await runtime.state('early')).status).toBe('paused')
    await expect(runtime.start('early')).rejects.toMatchObject({ code: 'RUNTIME_WRONG_STATUS' })
    await runtime.resume('early')
    expect((await runtime.state('early')).status).toBe('created')
    await runtime.start('early')
    await runtime.delete('early', { force: true })
  })
})

describe('the state directory', () => {
  it('may hold what is no container: a half-made one, a stray file, a record that cannot be read', async () => {
    await runtime.create('good', bundle('true'))
    mkdirSync(`${state}/half`)
    mkdirSync(`${state}/not an id`)
    writeFileSync(`${state}/file`, '')
    mkdirSync(`${state}/torn`)
    writeFileSync(`${state}/torn/state.json`, '{"version":1,')
    expect((await runtime.list()).map(({ id }) => id)).toEqual(['good'])
    await expect(runtime.state('torn')).rejects.toMatchObject({ code: 'RUNTIME_BAD_STATE', kind: 'corrupt' })
    await expect(runtime.create('half', bundle('true'))).rejects.toMatchObject({ code: 'RUNTIME_ID_IN_USE' })
    for (const id of ['half', 'torn', 'good', 'file']) await runtime.delete(id, { force: true })
    rmSync(`${state}/not an id`, { recursive: true })
    expect(await runtime.list()).toEqual([])
  })

  it.each(['', '.', '..', 'a/b', 'a b', 'a\n', 'a\0', 'ä', 'x'.repeat(256)])('takes no id such as %j', async (id) => {
    await expect(runtime.state(id)).rejects.toMatchObject({ code: 'RUNTIME_BAD_ID', kind: 'invalid' })
  })
})

describe('races', () => {
  it('of a start and a forced deletion leave nothing, and no surprise', async () => {
    for (let round = 0; round < 8; round += 1) {
      const { pid } = await runtime.create('race', bundle('sleep', '100'))
      const starting = runtime.start('race')
      const [start, deletion] = await Promise.allSettled([starting, runtime.delete('race', { force: true })])
      expect(deletion.status).toBe('fulfilled')
      if (start.status === 'rejected')
        expect(start.reason).toMatchObject({ code: expect.stringMatching(/^RUNTIME_(WRONG_STATUS|NO_CONTAINER)$/) })
      expect(runs(pid)).toBe(false)
      expect(existsSync(`${state}/race`)).toBe(false)
    }
  })

  it('of two starts execute the program once', async () => {
    await runtime.create('twice', bundle('sleep', '100'))
    const results = await Promise.allSettled([runtime.start('twice'), runtime.start('twice')])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    await runtime.delete('twice', { force: true })
  })

  it('of two deletions, and of two creations, are won by one', async () => {
    const creations = await Promise.allSettled([runtime.create('same', bundle('true')), runtime.create('same', bundle('true'))])
    expect(creations.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    await Promise.all([runtime.delete('same', { force: true }), runtime.delete('same', { force: true })])
    expect(box.cgroupDirectories(`/${box.cgroupParent}/same`)).toEqual([])
  })
})

describe('a container without a process namespace', () => {
  it('is deleted with all that it forks meanwhile', async () => {
    const script = 'f() { (while :; do (sleep 0.001 &) ; done) & (while :; do (sleep 0.001 &) ; done) & }; f; f; sleep 100'
    const { spec, rootfs } = bundle('sh', '-c', script)
    const namespaces = spec.linux?.namespaces?.filter(({ type }) => type !== 'pid')
    const { cgroup } = await runtime.run('forks', { spec: { ...spec, linux: { ...spec.linux, namespaces } }, rootfs })
    await expect.poll(async () => (await runtime.pids('forks')).length).toBeGreaterThan(4)
    await runtime.delete('forks', { force: true })
    expect(box.cgroupDirectories(cgroup)).toEqual([])
  })
})
