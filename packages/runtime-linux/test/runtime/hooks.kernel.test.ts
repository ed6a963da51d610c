import { existsSync, mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { createRuntime, type Hook, type Hooks, type RuntimeError, type State } from '../../src/index.ts'
import { TestRuntime } from '../test-runtime.ts'

const box = new TestRuntime()
const warnings: RuntimeError[] = []
const runtime = createRuntime({
  stateDirectory: `${box.root.directory}/state`,
  cgroupParent: box.cgroupParent,
  onWarning: (warning) => warnings.push(warning),
})
const directory = mkdtempSync(join(tmpdir(), 'ct-hooks-'))
const out = join(directory, 'out')

beforeEach(() => {
  warnings.length = 0
  rmSync(out, { force: true })
})
afterAll(async () => {
  await box[Symbol.asyncDispose]()
  rmSync(directory, { recursive: true })
})

function sh(script: string, more: Partial<Hook> = {}): Hook {
  return { path: '/bin/sh', args: ['sh', '-c', script], env: [`OUT=${out}`], ...more }
}

function bundle(hooks: Hooks, ...args: string[]) {
  return { spec: { ...box.spec({ args: args.length > 0 ? args : ['sleep', '100'] }), hooks }, rootfs: box.root.rootfs }
}

function lines(): string[] {
  return existsSync(out) ? readFileSync(out, 'utf8').trim().split('\n') : []
}

/** All four kinds, each noting its name. */
const noting: Hooks = Object.fromEntries(
  ['prestart', 'createRuntime', 'poststart', 'poststop'].map((name) => [name, [sh(`echo ${name} >> $OUT`)]]),
)

describe('hooks', () => {
  it('run at their points of the lifecycle, one after the other', async () => {
    await runtime.create('points', bundle({ ...noting, prestart: [sh('echo one >> $OUT'), sh('echo two >> $OUT')] }))
    expect(lines()).toEqual(['one', 'two', 'createRuntime'])
    await runtime.start('points')
    expect(lines().at(-1)).toBe('poststart')
    await runtime.delete('points', { force: true })
    expect(lines()).toEqual(['one', 'two', 'createRuntime', 'poststart', 'poststop'])
    expect(warnings).toEqual([])
  })

  it('run around a container that is run in one go', async () => {
    const { supervisor } = await runtime.run('whole', bundle(noting, 'sh', '-c', 'exit 3'))
    expect(await supervisor.wait()).toMatchObject({ exitCode: 3 })
    await runtime.delete('whole')
    expect(lines()).toEqual(['prestart', 'createRuntime', 'poststart', 'poststop'])
  })

  it('get the state on stdin, while the process waits in its namespaces', async () => {
    const { pid } = await runtime.create('told', {
      ...bundle({ createRuntime: [sh('cat > $OUT')] }),
      spec: { ...bundle({ createRuntime: [sh('cat > $OUT')], poststop: [sh('cat > $OUT')] }).spec, annotations: { a: 'b' } },
    })
    const told = () => JSON.parse(readFileSync(out, 'utf8')) as State
    expect(told()).toEqual({ ociVersion: '1.2.1', id: 'told', status: 'created', pid, bundle: box.root.rootfs, annotations: { a: 'b' } })
    expect(readlinkSync(`/proc/${pid}/ns/net`)).not.toBe(readlinkSync('/proc/self/ns/net'))
    await runtime.delete('told')
    expect(told()).toMatchObject({ status: 'stopped', pid: 0 })
  })

  it('have their arguments and environment only, and see the namespaces of the host', async () => {
    const script = 'echo $0 $1; env | grep -v -E "^(PATH|PWD|SHLVL|OLDPWD)="; pwd; readlink /proc/self/ns/net' // the shell's own left out
    const hook = { path: '/bin/busybox', args: ['sh', '-c', `(${script}) > ${out}`, 'zero', 'first'], env: ['A=1=2'] }
    await runtime.create('given', bundle({ prestart: [hook] }))
    expect(lines()).toEqual(['zero first', 'A=1=2', '/', readlinkSync('/proc/self/ns/net')])
    await runtime.delete('given')
  })

  const failures: [name: string, hook: Hook, reason: RegExp][] = [
    ['fails', sh('echo broken >&2; exit 4'), /hooks\.createRuntime\[0\]: \/bin\/sh: exit status 4: broken$/],
    ['is killed', sh('kill -9 $$'), /killed by SIGKILL$/],
    ['is missing', { path: '/no/such' }, /\/no\/such: .*ENOENT/],
    ['takes too long', sh('sleep 30 & sleep 30', { timeout: 1 }), /took longer than 1 s$/],
  ]
  it.each(failures)('of a creation that %s: nothing is left, and poststop is run', async (_, hook, reason) => {
    const hooks = { createRuntime: [hook, sh('echo never >> $OUT')], poststop: [sh('echo poststop >> $OUT')] }
    for (const action of ['create', 'run'] as const) {
      rmSync(out, { force: true })
      await expect(runtime[action]('failing', bundle(hooks))).rejects.toMatchObject({
        code: 'RUNTIME_HOOK_FAILED',
        message: expect.stringMatching(reason),
      })
      expect(lines()).toEqual(['poststop'])
      expect(await runtime.list()).toEqual([])
      expect(box.cgroupDirectories(`/${box.cgroupParent}/failing`)).toEqual([])
    }
  })

  it('of a later point that fail are warned of, and change nothing', async () => {
    const late = [sh('exit 5'), sh('echo went on >> $OUT')]
    await runtime.run('late', bundle({ poststart: late, poststop: late }))
    expect((await runtime.state('late')).status).toBe('running')
    await runtime.delete('late', { force: true })
    expect(lines()).toEqual(['went on', 'went on'])
    expect(warnings.map(({ message }) => message)).toEqual([
      'hooks.poststart[0]: /bin/sh: exit status 5',
      'hooks.poststop[0]: /bin/sh: exit status 5',
    ])
  })

  it('end with the creation that is aborted', async () => {
    const controller = new AbortController()
    const creating = runtime.create('aborted', bundle({ prestart: [sh('echo $$ > $OUT; sleep 30')] }), { signal: controller.signal })
    await expect.poll(() => lines().length).toBe(1)
    controller.abort(new Error('enough'))
    await expect(creating).rejects.toThrow('enough')
    expect(existsSync(`/proc/${lines()[0]}/exe`)).toBe(false)
    expect(await runtime.list()).toEqual([])
  })

  it('that leave a process behind do not hold the creation up', async () => {
    const from = performance.now()
    await runtime.create('behind', bundle({ prestart: [sh('sleep 3 & exit 0')] }))
    expect(performance.now() - from).toBeLessThan(2000)
    await runtime.delete('behind')
  })
})
