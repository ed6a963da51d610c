import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Bundle, Runtime } from '../runtime/runtime.ts'
import type { Process } from '../spec/process.ts'

/** A runtime for {@link runtimeContract} and what its containers are made from. */
export interface RuntimeUnderTest {
  readonly runtime: Runtime
  /** A bundle whose process runs these arguments; its root has `/bin/sh` and `/bin/sleep` and a writable `/tmp`. */
  bundle(args: readonly string[]): Bundle
  /** Removes everything. */
  close(): Promise<void> | void
}

/** Some machines take seconds to reap the processes of commands that have ended. */
const PATIENCE = { timeout: 20_000 }

/** What every OCI runtime does, as a suite: run it for an implementation inside a test file. */
export function runtimeContract(name: string, make: () => Promise<RuntimeUnderTest> | RuntimeUnderTest): void {
  describe(`${name} is an OCI runtime`, () => {
    let subject: RuntimeUnderTest
    beforeAll(async () => {
      subject = await make()
    })
    afterAll(async () => {
      for (const id of ['life', 'refusals', 'unstarted', 'exec']) await subject.runtime.delete(`contract-${id}`, { force: true })
      await subject.close()
    })

    it('creates without executing, starts, kills and deletes', () => checkLife(subject))
    it('refuses an id in use, a second start and the deletion of a running container', () => checkRefusals(subject))
    it('deletes a container that was never started', () => checkUnstarted(subject))
    it('executes further processes in the namespaces of a running container', () => checkExec(subject))
    it('knows nothing of what does not exist', () => checkAbsence(subject))
  })
}

async function checkLife({ runtime, bundle }: RuntimeUnderTest): Promise<void> {
  const { pid } = await runtime.create('contract-life', bundle(['sleep', '100']))
  expect(await runtime.state('contract-life')).toMatchObject({ id: 'contract-life', status: 'created', pid })
  expect(commandOf(pid)).not.toMatch(/^sleep/)
  await runtime.start('contract-life')
  await expect.poll(() => commandOf(pid), PATIENCE).toBe('sleep\x00100\x00')
  expect(await runtime.state('contract-life')).toMatchObject({ status: 'running', pid })
  await runtime.kill('contract-life', 'KILL')
  await expect.poll(async () => (await runtime.state('contract-life')).status, PATIENCE).toBe('stopped')
  await runtime.delete('contract-life')
  await expect(runtime.state('contract-life')).rejects.toThrow()
}

async function checkRefusals({ runtime, bundle }: RuntimeUnderTest): Promise<void> {
  const { pid } = await runtime.create('contract-refusals', bundle(['sleep', '100']))
  await expect(runtime.create('contract-refusals', bundle(['sleep', '100']))).rejects.toThrow()
  await runtime.start('contract-refusals')
  await expect.poll(() => commandOf(pid), PATIENCE).toMatch(/^sleep/)
  await expect(runtime.start('contract-refusals')).rejects.toThrow()
  await expect(runtime.delete('contract-refusals')).rejects.toThrow()
  await runtime.delete('contract-refusals', { force: true })
  expect(existsSync(`/proc/${pid}/exe`)).toBe(false)
}

async function checkUnstarted({ runtime, bundle }: RuntimeUnderTest): Promise<void> {
  await runtime.create('contract-unstarted', bundle(['sleep', '100']))
  await runtime.delete('contract-unstarted', { force: true })
  await expect(runtime.state('contract-unstarted')).rejects.toThrow()
}

async function checkExec({ runtime, bundle }: RuntimeUnderTest): Promise<void> {
  const sleeper = bundle(['sleep', '100'])
  const { pid } = await runtime.create('contract-exec', sleeper)
  await runtime.start('contract-exec')
  await expect.poll(() => commandOf(pid), PATIENCE).toMatch(/^sleep/)
  const process: Process = {
    ...(sleeper.spec.process ?? { user: { uid: 0, gid: 0 }, cwd: '/' }),
    args: ['sh', '-c', 'echo $X > /tmp/exec; exec sleep 50'],
  }
  const second = await runtime.exec('contract-exec', { ...process, env: ['PATH=/bin', 'X=inside'] })
  await expect.poll(() => commandOf(second.pid), PATIENCE).toBe('sleep\x0050\x00')
  expect(namespaceOf(second.pid)).toBe(namespaceOf(pid))
  expect(readFileSync(`${sleeper.rootfs}/tmp/exec`, 'utf8')).toBe('inside\n')
  await runtime.kill('contract-exec', 'KILL')
  await expect.poll(async () => (await runtime.state('contract-exec')).status, PATIENCE).toBe('stopped')
  await expect.poll(() => commandOf(second.pid), PATIENCE).toBe('')
  await runtime.delete('contract-exec')
}

async function checkAbsence({ runtime }: RuntimeUnderTest): Promise<void> {
  await expect(runtime.start('contract-none')).rejects.toThrow()
  await expect(runtime.state('contract-none')).rejects.toThrow()
  await expect(runtime.delete('contract-none')).rejects.toThrow()
  await expect(runtime.kill('contract-none', 9)).rejects.toThrow()
}

/** Empty once the process has gone. */
function commandOf(pid: number): string {
  return existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : ''
}

function namespaceOf(pid: number): string {
  return readlinkSync(`/proc/${pid}/ns/mnt`)
}
