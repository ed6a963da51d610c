import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collected } from '../busybox-image.ts'
import { demultiplex, eventually, leftovers, TestEngine } from '../test-engine.ts'

let test: TestEngine
beforeAll(async () => {
  test = await TestEngine.start()
})
afterAll(async () => {
  const ids = test.engine.containers.list({ all: true }).map(({ id }) => id)
  await test[Symbol.asyncDispose]()
  expect(leftovers(ids)).toEqual([])
  expect(test.log).toEqual([])
})

describe('a container', () => {
  it('runs a program with what image and spec say, and gives its exit code', async () => {
    const ran = await test.run(['sh', '-c', 'id -u; id -G; echo $FROM $MORE $HOME; pwd; hostname; echo no >&2; exit 7'], {
      env: ['MORE=spec'],
      user: 'app',
      workingDirectory: '/tmp',
      hostname: 'little',
    })
    expect(ran).toMatchObject({ exitCode: 7, stdout: '1000\n1000 10\nimage spec /home/app\n/tmp\nlittle\n', stderr: 'no\n' })
    expect(test.engine.containers.get(ran.id).state).toMatchObject({ status: 'exited', exitCode: 7, pid: 0, oomKilled: false, error: '' })
    expect(await test.logs(ran.id, { stdout: false })).toBe('no\n')
  })

  it('is isolated, and as restricted as docker has it', async () => {
    const { stdout } = await test.run([
      'sh',
      '-c',
      'grep -E "^(CapEff|Seccomp|NoNewPrivs):" /proc/self/status; ls /proc | grep -c "^[0-9]"; ip -o link | wc -l',
    ])
    expect(stdout).toMatch(/CapEff:\t00000000a80425fb/)
    expect(stdout).toMatch(/Seccomp:\t2/)
    expect(stdout).toMatch(/\n[1-4]\n1\n$/)
  })

  it.each([
    [['/nope'], 127, /no such file or directory/],
    [['nope'], 127, /executable file not found in \$PATH/],
    [['/plain'], 126, /permission denied/],
  ])('that cannot execute %j says so as runc does, and keeps it', async (command, exitCode, message) => {
    const { id } = await test.create(command)
    await expect(test.engine.containers.start(id)).rejects.toMatchObject({
      code: 'ENGINE_START_FAILED',
      message: expect.stringMatching(message),
    })
    expect(test.engine.containers.get(id).state).toMatchObject({ status: 'created', exitCode, error: expect.stringMatching(message) })
  })

  it('with a user that the image does not have cannot be started', async () => {
    const { id } = await test.create(['true'], { user: 'nobody-here' })
    await expect(test.engine.containers.start(id)).rejects.toThrow(/unable to find user nobody-here/)
  })

  it('takes stdin of a client that attached before the start, to its end', async () => {
    const { id } = await test.create(['sh', '-c', 'cat; echo end'], { openStdin: true, stdinOnce: true })
    const stream = await test.engine.containers.attach(id, { stdin: true, stdout: true })
    stream.end('hello\n')
    await test.engine.containers.start(id)
    expect(await demultiplex(stream)).toMatchObject({ stdout: 'hello\nend\n' })
  })

  it('has a terminal with the size that it is given', async () => {
    const sized = await test.create(['stty', 'size'], { tty: true, consoleSize: { rows: 31, columns: 91 } })
    const first = await test.engine.containers.attach(sized.id)
    await test.engine.containers.start(sized.id)
    expect(Buffer.concat(await collected(first as AsyncIterable<Buffer>)).toString()).toBe('31 91\r\n')
    const { id } = await test.create(['sh', '-c', 'read x; stty size'], { tty: true, openStdin: true })
    const stream = await test.engine.containers.attach(id, { stdin: true, stdout: true })
    await test.engine.containers.start(id)
    await test.engine.containers.resize(id, { rows: 33, columns: 101 })
    stream.write('go\n')
    const output = Buffer.concat(await collected(stream as AsyncIterable<Buffer>)).toString()
    expect(output).toContain('33 101')
  })

  it('is stopped by its signal, or killed after the grace period', async () => {
    const polite = await test.start(['sh', '-c', 'trap "exit 3" TERM; echo ready; while :; do sleep 0.05; done'])
    // A first process that has no handler yet does not hear the signal at all.
    await expect.poll(() => test.logs(polite)).toBe('ready\n')
    await test.engine.containers.stop(polite)
    expect(test.engine.containers.get(polite).state).toMatchObject({ status: 'exited', exitCode: 3 })
    const deaf = await test.start(['sh', '-c', 'trap "" TERM; while :; do sleep 0.05; done'])
    await test.engine.containers.stop(deaf, { timeoutSeconds: 0 })
    expect(test.engine.containers.get(deaf).state).toMatchObject({ status: 'exited', exitCode: 137 })
  })

  it('refuses what its state does not allow, and says when it is already so', async () => {
    const { containers } = test.engine
    const id = await test.start(['sleep', '60'])
    await expect(containers.start(id)).rejects.toMatchObject({ code: 'ENGINE_ALREADY_RUNNING', kind: 'not-modified' })
    await expect(containers.unpause(id)).rejects.toMatchObject({ code: 'ENGINE_NOT_PAUSED', kind: 'conflict' })
    const { name } = containers.get(id)
    await expect(containers.remove(id)).rejects.toMatchObject({
      code: 'ENGINE_IS_RUNNING',
      message: expect.stringContaining(`cannot remove container "${name}": container is running: stop`),
    })
    await containers.kill(id)
    await containers.wait(id)
    await expect(containers.kill(id)).rejects.toMatchObject({ code: 'ENGINE_NOT_RUNNING', kind: 'conflict' })
    await expect(containers.stop(id)).rejects.toMatchObject({ code: 'ENGINE_NOT_RUNNING', kind: 'not-modified' })
    await expect(containers.createExec(id, { args: ['true'] })).rejects.toMatchObject({ code: 'ENGINE_NOT_RUNNING', kind: 'conflict' })
  })

  it('is paused and goes on', async () => {
    const { containers } = test.engine
    const id = await test.start(['sleep', '60'])
    await containers.pause(id)
    expect(containers.get(id).state.status).toBe('paused')
    await expect(containers.pause(id)).rejects.toMatchObject({ code: 'ENGINE_ALREADY_PAUSED', kind: 'conflict' })
    await expect(containers.attach(id)).rejects.toMatchObject({ code: 'ENGINE_PAUSED', kind: 'conflict' })
    await containers.unpause(id)
    expect(containers.get(id).state.status).toBe('running')
    await containers.pause(id)
    await containers.remove(id, { force: true })
    expect(containers.find(id)).toBeUndefined()
  })

  it('is restarted with a new process and the old files', async () => {
    const { containers } = test.engine
    const id = await test.start(['sh', '-c', 'echo run >> /count; sleep 60'])
    const before = containers.get(id).state.pid
    await containers.restart(id, { timeoutSeconds: 0 })
    expect(containers.get(id).state.pid).not.toBe(before)
    await eventually(async () => (await test.exec(id, ['cat', '/count'])).stdout === 'run\nrun\n')
  })

  it('with autoRemove goes when it ends, and tells who waits', async () => {
    const { id } = await test.create(['sh', '-c', 'exit 5'], { autoRemove: true })
    const removed = test.engine.containers.wait(id, { condition: 'removed' })
    const ended = test.engine.containers.wait(id, { condition: 'next-exit' })
    await test.engine.containers.start(id)
    expect(await ended).toEqual({ exitCode: 5 })
    expect(await removed).toEqual({ exitCode: 5 })
    expect(test.engine.containers.find(id)).toBeUndefined()
  })

  it('with autoRemove is removed by hand or restarted without a second removal', async () => {
    const { containers } = test.engine
    const id = await test.start(['sleep', '60'], { autoRemove: true })
    await containers.restart(id, { timeoutSeconds: 0 })
    expect(containers.get(id).state.status).toBe('running')
    await containers.remove(id, { force: true })
    expect(containers.find(id)).toBeUndefined()
  })

  it('has the devices and rights that it is given', async () => {
    const script =
      'test -c /dev/mine && head -c 1 /dev/mine | wc -c; grep CapEff /proc/self/status; ulimit -n; cat /proc/sys/net/ipv4/ip_forward'
    const { stdout } = await test.run(['sh', '-c', script], {
      devices: [{ hostPath: '/dev/zero', containerPath: '/dev/mine' }],
      security: { capDrop: ['ALL'], capAdd: ['NET_ADMIN'] },
      ulimits: [{ name: 'nofile', soft: 77, hard: 88 }],
      sysctls: { 'net.ipv4.ip_forward': '1' },
    })
    expect(stdout).toBe('1\nCapEff:\t0000000000001000\n77\n1\n')
    const { stdout: privileged } = await test.run(
      ['sh', '-c', 'grep -E "Seccomp:|CapEff" /proc/self/status; test -w /sys/fs && mount -t tmpfs x /tmp && echo mounted'],
      {
        security: { privileged: true },
      },
    )
    expect(privileged).toMatch(/CapEff:\t(?!00000000a80425fb)\S+\nSeccomp:\t0\nmounted/)
  })

  it('stops making processes at its limit', async () => {
    const { stdout, stderr } = await test.run(['sh', '-c', 'for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; echo made'], {
      resources: { pidsLimit: 4 },
    })
    expect(`${stdout}${stderr}`).toMatch(/can't fork/)
  })

  it.each([
    [{ log: { driver: 'json-file', options: { 'max-size': '1m' } } } as const, 'ENGINE_UNSUPPORTED'],
    [{ platform: 'linux/s390x' }, 'ENGINE_NO_IMAGE'],
  ])('refuses %j', async (spec, code) => {
    await expect(test.create(['true'], spec)).rejects.toMatchObject({ code })
  })

  it('without a log cannot be asked for it', async () => {
    const { id } = await test.run(['true'], { log: { driver: 'none' } })
    await expect(test.logs(id)).rejects.toMatchObject({
      code: 'ENGINE_UNSUPPORTED',
      message: 'configured logging driver does not support reading',
    })
  })

  it('is started again by its policy, up to the given number of times', async () => {
    const { id } = await test.create(['sh', '-c', 'exit 1'], { restartPolicy: { name: 'on-failure', maximumRetryCount: 2 } })
    await test.engine.containers.start(id)
    await eventually(() => test.engine.containers.get(id).state.status === 'exited')
    expect(test.engine.containers.get(id)).toMatchObject({ restartCount: 2, state: { exitCode: 1 } })
  })

  it('over its memory limit is killed, and that is known', async () => {
    const ran = await test.run(['sh', '-c', 'x=a; while :; do x=$x$x; done'], { resources: { memoryBytes: 16 * 1024 * 1024 } })
    expect(ran.exitCode).toBe(137)
    expect(test.engine.containers.get(ran.id).state).toMatchObject({ exitCode: 137, oomKilled: true })
  })

  it('is found by id, prefix and name, and its name is its own', async () => {
    const { containers } = test.engine
    const { id } = await containers.create({ image: 'busybox:test' }, { name: 'taken' })
    expect([containers.get('taken').id, containers.get('/taken').id, containers.get(id.slice(0, 12)).id]).toEqual([id, id, id])
    await expect(containers.create({ image: 'busybox:test' }, { name: 'taken' })).rejects.toMatchObject({
      code: 'ENGINE_NAME_IN_USE',
      kind: 'conflict',
      message: `Conflict. The container name "/taken" is already in use by container "${id}". You have to remove (or rename) that container to be able to reuse that name.`,
    })
    await containers.rename('taken', 'other')
    expect(containers.find('taken')).toBeUndefined()
    expect(() => containers.get('taken')).toThrow(
      expect.objectContaining({ code: 'ENGINE_NO_CONTAINER', message: 'No such container: taken' }),
    )
    expect(containers.list({ all: true, filters: { name: ['other'] } }).map((record) => record.id)).toEqual([id])
  })

  it('shows its processes and what it uses', async () => {
    const id = await test.start(['sleep', '61'])
    expect(await test.engine.containers.top(id)).toEqual({
      titles: ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'],
      processes: [
        [
          'root',
          String(test.engine.containers.get(id).state.pid),
          expect.any(String),
          expect.any(String),
          expect.any(String),
          '?',
          '00:00:00',
          'sleep 61',
        ],
      ],
    })
    const stats = await test.engine.containers.stats(id)
    expect(stats).toMatchObject({ containerId: id, pids: { current: 1 } })
    expect(stats.memory.usageBytes).toBeGreaterThan(0)
    expect(stats.cpu.hostNs).toBeGreaterThan(0)
  })
})

describe('an exec', () => {
  it('runs beside the container, with its own user and input', async () => {
    const id = await test.start(['sleep', '60'])
    expect(await test.exec(id, ['sh', '-c', 'id -un; cat; exit 4'], { user: 'app', input: 'given\n' })).toEqual({
      exitCode: 4,
      stdout: 'app\ngiven\n',
      stderr: '',
    })
    expect(test.engine.containers.listExecs(id)).toEqual([])
  })

  it('that cannot be executed has the exit code 127', async () => {
    const { containers } = test.engine
    const id = await test.start(['sleep', '60'])
    const { id: execId } = await containers.createExec(id, { args: ['nope'] })
    await expect(containers.startExec(execId)).rejects.toMatchObject({
      code: 'ENGINE_START_FAILED',
      message: expect.stringMatching(/executable file not found/),
    })
    expect(containers.getExec(execId)).toMatchObject({ exitCode: 127, running: false })
    await expect(containers.startExec(execId)).rejects.toMatchObject({ code: 'ENGINE_EXEC_STARTED' })
    expect(() => containers.getExec('none')).toThrow(expect.objectContaining({ code: 'ENGINE_NO_EXEC' }))
  })
})
