import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { eventually, output } from '../src/command.ts'
import { havePeers } from '../src/peers.ts'
import { Service } from '../src/service.ts'
import { Stage } from '../src/stage.ts'

const COUNTER = 'trap "exit 5" TERM; i=0; while :; do i=$((i+1)); echo line $i; sleep 0.02; done'

interface Inspected {
  readonly State: { readonly Status: string; readonly Pid: number; readonly ExitCode: number; readonly Running: boolean }
}

describe.skipIf(!havePeers('script'))('the life of a container', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await Stage.withTools('life')
  })
  afterAll(() => stage[Symbol.asyncDispose]())
  afterEach(async () => {
    const ids = (await stage.ct.output(['ps', '-aq'])).split('\n').filter((id) => id !== '')
    if (ids.length > 0) await stage.ct.output(['rm', '-f', ...ids])
  })

  const state = async (name: string): Promise<Inspected['State']> =>
    (JSON.parse(await stage.ct.output(['inspect', name])) as [Inspected])[0].State
  const lines = async (name: string): Promise<readonly string[]> => (await stage.ct.output(['logs', name])).trim().split('\n')
  const start = (name: string, script: string): Promise<string> =>
    stage.ct.output(['run', '-d', '--name', name, '--network', 'none', 'tools', 'sh', '-c', script])

  it('runs in the background, and its log can be followed to its end', async () => {
    await start('chatty', 'for i in 1 2 3; do echo out $i; echo err $i >&2; sleep 0.2; done; exit 3')
    const { stdout, stderr } = await stage.ct.run(['logs', '-f', 'chatty'])
    expect(stdout).toBe('out 1\nout 2\nout 3\n')
    expect(stderr).toBe('err 1\nerr 2\nerr 3\n')
    expect(await stage.ct.output(['wait', 'chatty'])).toBe('3\n')
  })

  it('takes stdin and ends with it', async () => {
    expect(await stage.ct.output(['run', '-i', '--rm', '--network', 'none', 'tools', 'sort'], { input: 'b\na\n' })).toBe('a\nb\n')
  })

  it('gives exec a real terminal of the size of ours', async () => {
    await start('room', 'sleep 60')
    const exec = stage.ct.command('exec', '-it', 'room', 'stty', 'size').join(' ')
    expect(await output(['script', '-qefc', `stty rows 33 cols 77; ${exec}`, '/dev/null'])).toContain('33 77')
  })

  it('tells exec about a new size while it runs', async () => {
    await start('room', 'sleep 60')
    const exec = stage.ct.command('exec', '-it', 'room', 'sh', '-c', '"sleep 2; stty size"').join(' ')
    const resized = `stty rows 20 cols 50; (sleep 1; stty rows 41 cols 99 </dev/tty; kill -WINCH 0) & trap : WINCH; ${exec}`
    expect(await output(['script', '-qefc', `bash -c '${resized}'`, '/dev/null'])).toContain('41 99')
  })

  it('stops with the grace that the program takes, and kills it when that is over', async () => {
    await start('polite', COUNTER)
    await start('stubborn', 'trap "" TERM; while :; do sleep 0.1; done')
    await stage.ct.output(['stop', 'polite'])
    const began = Date.now()
    await stage.ct.output(['stop', '-t', '1', 'stubborn'])
    expect(Date.now() - began).toBeGreaterThanOrEqual(950)
    expect((await state('polite')).ExitCode).toBe(5)
    expect((await state('stubborn')).ExitCode).toBe(137)
  })

  it('is killed with the signal asked for, restarted with a new process, and removed by force', async () => {
    await start('cat', 'trap "exit 9" USR1; while :; do sleep 0.05; done')
    const first = (await state('cat')).Pid
    await stage.ct.output(['restart', '-t', '0', 'cat'])
    const second = await state('cat')
    expect(second.Running).toBe(true)
    expect(second.Pid).not.toBe(first)
    await eventually(async () => {
      await stage.ct.output(['kill', '-s', 'USR1', 'cat'])
      expect((await state('cat')).ExitCode).toBe(9)
    })
    await stage.ct.output(['start', 'cat'])
    await stage.ct.output(['rm', '-f', 'cat'])
    expect((await stage.ct.run(['inspect', 'cat'])).exitCode).toBe(1)
  })

  it('outlives the daemon: same process, no line missing or doubled, right exit status', async () => {
    await start('counter', COUNTER)
    await eventually(async () => expect((await lines('counter')).length).toBeGreaterThan(20))
    const { Pid } = await state('counter')
    await stage.ct.daemon.kill('SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, 500))
    await stage.ct.restartDaemon()
    expect((await state('counter')).Pid).toBe(Pid)
    await stage.ct.output(['stop', 'counter'])
    expect((await state('counter')).ExitCode).toBe(5)
    const numbers = (await lines('counter')).map((line) => Number(line.replace('line ', '')))
    expect(numbers.length).toBeGreaterThan(40)
    expect(numbers).toEqual(numbers.map((_number, index) => index + 1))
  })

  it('may end while no daemon runs: the next one knows how', async () => {
    await start('alone', 'echo before; sleep 1; echo after; exit 42')
    await stage.ct.daemon.kill('SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, 1500))
    await stage.ct.restartDaemon()
    expect(await state('alone')).toMatchObject({ Status: 'exited', ExitCode: 42, Pid: 0 })
    expect(await lines('alone')).toEqual(['before', 'after'])
  })

  it('streams to a client that stays attached while others come and go', async () => {
    await start('counter', COUNTER)
    await using follower = new Service([...stage.ct.command('logs', '-f', 'counter')], { logPath: `${stage.directory}/follow.log` })
    for (let round = 0; round < 3; round++) await stage.ct.output(['logs', '--tail', '1', 'counter'])
    await stage.ct.output(['stop', 'counter'])
    await eventually(async () => expect(follower.ended).toBe(true))
    expect((await follower.log()).trim().split('\n')).toEqual(await lines('counter'))
  })
})
