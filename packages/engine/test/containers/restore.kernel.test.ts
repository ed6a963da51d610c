import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createEngine } from '../../src/index.ts'
import { eventually, TestEngine } from '../test-engine.ts'

let test: TestEngine
beforeEach(async () => {
  test = await TestEngine.start()
})
afterEach(() => test[Symbol.asyncDispose]())

const counter = ['sh', '-c', 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.01; done']

describe('an engine that is opened again', () => {
  it('finds a running container: the same process, no line missing or doubled, the exit code right', async () => {
    const id = await test.start(counter)
    const { pid } = test.engine.containers.get(id).state
    await sleep(100)
    await test.reopen(() => sleep(100))
    expect(test.engine.containers.get(id).state).toMatchObject({ status: 'running', pid })
    const following = test.logs(id, { follow: true })
    await sleep(100)
    await test.engine.containers.kill(id, 'SIGTERM')
    await test.engine.containers.kill(id).catch(() => undefined)
    expect(await test.engine.containers.wait(id)).toEqual({ exitCode: 137 })
    const lines = (await following).trimEnd().split('\n')
    expect(lines.length).toBeGreaterThan(10)
    expect(lines).toEqual(lines.map((_, index) => String(index + 1)))
  })

  it('attaches to and executes in a container that an earlier engine started', async () => {
    const id = await test.start(['sh', '-c', 'read x; echo got $x'], { openStdin: true })
    await test.reopen()
    expect((await test.exec(id, ['echo', 'here'])).stdout).toBe('here\n')
    const stream = await test.engine.containers.attach(id, { stdin: true, stdout: true })
    stream.end('it\n')
    await test.engine.containers.wait(id)
    expect(await test.logs(id)).toBe('got it\n')
  })

  it('knows how and when a container ended while no engine ran', async () => {
    const id = await test.start(['sh', '-c', 'sleep 0.3; echo last; exit 9'])
    const before = Date.now()
    await test.reopen(() => sleep(700))
    const { status, exitCode, finishedAt } = test.engine.containers.get(id).state
    expect({ status, exitCode }).toEqual({ status: 'exited', exitCode: 9 })
    expect(Date.parse(finishedAt)).toBeGreaterThan(before)
    expect(Date.parse(finishedAt)).toBeLessThan(before + 690)
    expect(await test.logs(id)).toBe('last\n')
  })

  it('removes a container with autoRemove that ended while no engine ran', async () => {
    const id = await test.start(['sleep', '0.2'], { autoRemove: true })
    await test.reopen(() => sleep(500))
    await eventually(() => test.engine.containers.find(id) === undefined)
    expect(readdirSync(join(test.root, 'containers'))).toEqual([])
  })

  it('takes a container for dead of which nothing is left', async () => {
    const id = await test.start(['sleep', '60'])
    const { pid } = test.engine.containers.get(id).state
    const supervisor = execFileSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' }).trim()
    await test.reopen(async () => {
      process.kill(Number(supervisor), 'SIGKILL')
      await sleep(200)
    })
    await eventually(() => test.engine.containers.get(id).state.status === 'dead')
    expect(test.engine.containers.get(id).state).toMatchObject({ exitCode: 137, error: expect.stringMatching(/supervisor/) })
    await test.engine.containers.start(id)
    expect(test.engine.containers.get(id).state.status).toBe('running')
  })

  it('starts containers again whose policy wants it', async () => {
    const id = await test.start(['sh', '-c', 'sleep 0.2'], { restartPolicy: { name: 'always' } })
    await test.reopen(() => sleep(500))
    await eventually(() => test.engine.containers.get(id).restartCount > 0)
    await eventually(() => test.engine.containers.get(id).state.status === 'running')
  })

  it('keeps a record that it cannot read, says so, and serves the others', async () => {
    const good = await test.start(['sleep', '60'])
    const bad = await test.start(['sleep', '60'])
    const { pid } = test.engine.containers.get(bad).state
    const path = join(test.root, 'containers', bad, 'record.json')
    const text = JSON.stringify(test.engine.containers.get(bad))
    await test.reopen(() => writeFileSync(path, '{"version":1,"id'))
    expect((await test.engine.info()).warnings).toEqual([expect.stringContaining(`${bad}/record.json cannot be read`)])
    expect(test.engine.containers.find(bad)).toBeUndefined()
    expect(test.engine.containers.get(good).state.status).toBe('running')
    expect((await test.run(['echo', 'serving'])).stdout).toBe('serving\n')
    await test.reopen(() => writeFileSync(path, text))
    expect(test.engine.containers.get(bad).state).toMatchObject({ status: 'running', pid })
  })

  it('cannot be opened twice at a time', async () => {
    await expect(createEngine({ root: test.root, runtimeDirectory: test.runtimeDirectory })).rejects.toMatchObject({
      code: 'ENGINE_LOCKED',
    })
  })

  it('does not wait for containers when it closes, and those who wait for them are told', async () => {
    const { engine } = test
    const id = await test.start(['sh', '-c', 'trap "" TERM; while :; do sleep 0.1; done'])
    const stopping = engine.containers.stop(id, { timeoutSeconds: 60 })
    const waiting = engine.containers.wait(id)
    const following = test.logs(id, { follow: true })
    stopping.catch(() => undefined)
    waiting.catch(() => undefined)
    await sleep(50)
    await test.reopen()
    await expect(stopping).rejects.toMatchObject({ code: 'ENGINE_CLOSED', kind: 'unavailable' })
    await expect(waiting).rejects.toMatchObject({ code: 'ENGINE_CLOSED' })
    expect(await following).toBe('')
    expect(test.engine.containers.get(id).state.status).toBe('running')
  })

  it('does not take the containers of another engine for strangers, or its own for dead', async () => {
    const id = await test.start(['sleep', '60'])
    const other = mkdtempSync(join(tmpdir(), 'ct-other-'))
    try {
      await test.engine.close()
      await expect(createEngine({ root: other, runtimeDirectory: test.runtimeDirectory })).rejects.toMatchObject({
        code: 'ENGINE_LOCKED',
        message: expect.stringMatching(/another state directory/),
      })
      await expect(createEngine({ root: test.root, runtimeDirectory: other })).rejects.toMatchObject({
        code: 'ENGINE_LOCKED',
        hint: expect.stringContaining(test.runtimeDirectory),
      })
    } finally {
      await test.reopen()
      rmSync(other, { recursive: true })
    }
    expect(test.engine.containers.get(id).state.status).toBe('running')
  })

  it('refuses a runtime directory whose sockets would have too long paths', async () => {
    await expect(createEngine({ root: test.root, runtimeDirectory: `/tmp/${'x'.repeat(100)}` })).rejects.toMatchObject({
      code: 'ENGINE_INVALID',
    })
  })

  it('refuses calls after it was closed', async () => {
    const { engine } = test
    await test.reopen()
    await expect(engine.containers.create({ image: 'busybox:test' })).rejects.toMatchObject({ code: 'ENGINE_CLOSED' })
  })
})
