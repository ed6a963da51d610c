import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defaultSpec } from '../../src/index.ts'
import { buildCtRunc } from '../ct-runc-program.ts'
import { TestRuntime } from '../test-runtime.ts'

const box = new TestRuntime()
const { directory } = box.root
const program = `${directory}/program/ct-runc.js`
const before = `exec ${process.execPath} ${program} --root ${directory}/runc-state --cgroup-parent ${box.cgroupParent}`

beforeAll(async () => {
  await buildCtRunc(program)
  for (const name of ['first', 'second']) writeFileSync(`${directory}/${name}`, `${name}\n`)
})
afterAll(() => box[Symbol.asyncDispose]())

function bundle(script: string, { terminal = false } = {}): void {
  const spec = defaultSpec({ args: ['sh', '-c', script], hostname: 'box', terminal })
  writeFileSync(`${directory}/config.json`, JSON.stringify(spec))
}

/** Runs ct-runc from a shell that opens descriptors for it. */
function shell(command: string) {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return { status, stdout, stderr }
}

describe('ct-runc hands over', () => {
  it('descriptors that it was started with, as many as --preserve-fds says', () => {
    bundle('cat <&3; cat <&4; ls /proc/self/fd | wc -l')
    const opened = `3<${directory}/first 4<${directory}/second 5<${directory}/first`
    expect(shell(`${before} run --preserve-fds 2 one ${opened}`)).toEqual({ status: 0, stdout: 'first\nsecond\n6\n', stderr: '' })
    bundle('exec sleep 100')
    expect(shell(`${before} run --detach two >/dev/null 2>&1`).status).toBe(0)
    expect(shell(`${before} exec --preserve-fds 1 two sh -c 'cat <&3' ${opened}`)).toEqual({ status: 0, stdout: 'first\n', stderr: '' })
    expect(shell(`${before} delete --force two`).status).toBe(0)
  })

  it('sockets that an init system gave it for the container, before those', () => {
    bundle('cat <&3; cat <&4; echo $LISTEN_FDS $LISTEN_PID')
    const opened = `3<${directory}/first 4<${directory}/second`
    expect(shell(`export LISTEN_FDS=1 LISTEN_PID=$$; ${before} run --preserve-fds 1 activated ${opened}`)).toEqual({
      status: 0,
      stdout: 'first\nsecond\n1 1\n',
      stderr: '',
    })
    const others = shell(`export LISTEN_FDS=1 LISTEN_PID=1; ${before} run activated ${opened}`)
    expect(others.stdout).not.toContain('first')
  })

  it.each([
    ['2', 'preserved-fd 2 (of 2) is present'],
    ['65', 'from 0 to 64 are possible'],
    ['x', 'must be a whole number'],
  ])('none of its own: --preserve-fds %s with one descriptor is refused', (count, message) => {
    bundle('true')
    expect(shell(`${before} run --preserve-fds ${count} none 3<${directory}/first`)).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining(message),
    })
    expect(existsSync(`${directory}/runc-state/none`)).toBe(false)
  })
})

/** Prints the process that the descriptor is of which comes. */
const RECEIVER = `
import os, socket, sys
listener = socket.socket(socket.AF_UNIX); listener.bind(sys.argv[1]); listener.listen(1)
print('ready', flush=True)
connection, _ = listener.accept()
text, fds, _, _ = socket.recv_fds(connection, 4096, 4)
info = open('/proc/self/fdinfo/%d' % fds[0]).read()
print(*[line.split()[1] for line in info.split('\\n') if line.startswith('Pid:')])
`

describe.skipIf(spawnSync('python3', ['-V']).status !== 0)('ct-runc sends', () => {
  it.each(['create', 'run --detach'])('the pidfd of the process to who listens: %s', async (command) => {
    bundle('exec sleep 100')
    const path = `${directory}/${command.slice(0, 3)}.sock`
    const child = spawn('python3', ['-c', RECEIVER, path], { stdio: ['ignore', 'pipe', 'inherit'] })
    let printed = ''
    child.stdout.on('data', (chunk) => (printed += chunk))
    await once(child.stdout, 'data')
    const ended = once(child, 'close')
    expect(shell(`${before} ${command} --pidfd-socket ${path} --pid-file ${directory}/pid sent >/dev/null 2>&1`).status).toBe(0)
    await ended
    expect(printed).toBe(`ready\n${readFileSync(`${directory}/pid`, 'utf8')}\n`)
    expect(shell(`${before} delete --force sent`).status).toBe(0)
  })
})
