import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, readFile, rm, writeFile } from 'node:fs/promises'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { Dockerd, have } from './dockerd.ts'
import { type Outcome, ct as run } from './recorder.ts'

const program = fileURLToPath(new URL('../dist/ct.cjs', import.meta.url))
const PROGRAMS = ['sh', 'cat', 'echo', 'env', 'id', 'ls', 'ps', 'sleep', 'stty', 'true', 'tty'].map((name) => `/bin/${name}`)
const COUNTER = 'trap "exit 6" TERM; echo started; while :; do sleep 0.05; done'

describe.skipIf(!have('dockerd'))('ct against a real dockerd', () => {
  let dockerd: Dockerd
  const ct = (line: string, options: Parameters<typeof run>[1] = {}): Promise<Outcome> =>
    run(['-H', dockerd.host, ...words(line)], { env: { PATH: process.env.PATH }, ...options })
  const said = async (line: string, options?: Parameters<typeof run>[1]): Promise<string> => {
    const { exitCode, stdout, stderr } = await ct(line, options)
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    return stdout
  }

  beforeAll(async () => {
    await access(program)
    dockerd = await Dockerd.start()
    expect(await said(`pack --name tools --cmd /bin/sh --label a=b ${PROGRAMS.join(' ')}`)).toContain('Loaded image: tools:latest')
  })
  afterAll(() => dockerd[Symbol.asyncDispose]())
  afterEach(async () => {
    const ids = (await said('ps -aq')).trim().split('\n').join(' ')
    if (ids !== '') await said(`rm -f -v ${ids}`)
  })

  it('tells both versions, and what the daemon is', async () => {
    expect(await said('version')).toMatch(/^Client: ct\n[\s\S]*\nServer:/)
    expect(await said('version --format {{.Server.Os}}')).toBe('linux\n')
    expect(await said('info')).toMatch(/ Storage Driver: \w+\n/)
    expect(JSON.parse(await said('info --format json'))).toMatchObject({ OSType: 'linux' })
  })

  it('lists images in every form', async () => {
    expect(await said('images')).toMatch(/^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE\ntools +latest +[0-9a-f]{12} .*MB\n$/)
    expect(await said('images -q --no-trunc tools')).toMatch(/^sha256:[0-9a-f]{64}\n$/)
    expect(await said('image ls --format {{.Repository}}:{{.Tag}}')).toBe('tools:latest\n')
    expect(JSON.parse(await said('images --format json'))).toMatchObject([{ RepoTags: ['tools:latest'], Labels: { a: 'b' } }])
    expect(await said('images --filter label=a=c -q')).toBe('')
    expect(await said('history tools')).toContain('ct pack')
    expect(await said('inspect -f {{.Os}} tools')).toBe('linux\n')
  })

  it('tags, saves, removes and loads', async () => {
    const archive = `${dockerd.directory}/saved.tar`
    await said('tag tools team/copy:2')
    await said(`save -o ${archive} team/copy:2`)
    expect(await said('rmi team/copy:2')).toBe('Untagged: team/copy:2\n')
    expect(await said(`load -q -i ${archive}`)).toBe('Loaded image: team/copy:2\n')
    expect(await said('load', { input: await readFile(archive) })).toBe('Loaded image: team/copy:2\n')
    await said('rmi team/copy:2')
    expect(await ct('rmi nothing')).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/No such image/) })
    expect(await ct('load -i /no/such/file')).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/cannot read/) })
  })

  it.each([
    ['the exit status', "sh -c 'echo out; echo err >&2; exit 4'", { exitCode: 4, stdout: 'out\n', stderr: 'err\n' }],
    ['a command that is missing', 'nothing', { exitCode: 127, stderr: expect.stringMatching(/^ct: .*executable file not found/) }],
    ['a command that cannot be executed', '/etc/passwd', { exitCode: 126, stderr: expect.stringMatching(/permission denied/) }],
  ])('gives %s of a run', async (_what, command, expected) => {
    expect(await ct(`run --rm --network none tools ${command}`)).toMatchObject(expected)
  })

  it('gives 128 and the signal that ended a container', async () => {
    const victim = ct('run --rm --name victim --network none tools sleep 60')
    await vi.waitFor(async () => expect(await said('kill victim')).toBe('victim\n'), 10_000)
    expect(await victim).toMatchObject({ exitCode: 137 })
  })

  it.each([
    ['run --pull never nowhere/nothing:1', /No such image: nowhere\/nothing:1/],
    ['run UPPER//case', /reference/],
    ['run --cidfile /etc/passwd tools', /the file exists already/],
    ['run --rm --restart always tools', /restart/],
  ])('exits %s with 125', async (line, expected) => {
    const { exitCode, stderr } = await ct(line)
    expect(exitCode).toBe(125)
    expect(stderr).toMatch(expected)
  })

  it('passes stdin to its end', async () => {
    expect(await said('run -i --rm --network none tools cat', { input: 'a\nb\n' })).toBe('a\nb\n')
    const big = 'x'.repeat(3_000_000)
    expect(await said('run -i --rm --network none tools cat', { input: big })).toBe(big)
  })

  it('passes flags on', async () => {
    const flags = '-e A=1 -u 12:34 -w /tmp -h box --tmpfs /t --ulimit nofile=99 -v /etc:/e:ro --cap-drop ALL --memory 32m --network none'
    expect(await said(`run --rm ${flags} tools sh -c 'echo $A $(id -u):$(id -g) $PWD $(cat /etc/hostname) $(ulimit -n)'`)).toBe(
      '1 12:34 /tmp box 99\n',
    )
  })

  it('runs in the background and leads a container through its life', async () => {
    const id = (await said(`run -d --name life --network none --label x=y tools sh -c '${COUNTER}'`)).trim()
    expect(await said('ps')).toMatch(new RegExp(`^CONTAINER ID .*\\n${id.slice(0, 12)} +tools +"sh -c .*Up .* life\\n$`))
    expect(await said('ps -q --no-trunc --filter label=x=y')).toBe(`${id}\n`)
    await vi.waitFor(async () => expect(await said('logs life')).toBe('started\n'))
    expect(await said('logs --tail 1 -t --since 10m life')).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z started\n$/)
    expect(await said('top life')).toMatch(/^UID +PID .*\n.*sh -c trap/)
    expect(await said('stats --no-stream life')).toMatch(/^CONTAINER ID +NAME +CPU %.*\n.* life .*[KM]iB \/ .*%/)
    expect(await said("exec -e B=2 life sh -c 'echo $B > /new; cat /new'")).toBe('2\n')
    expect(await ct("exec life sh -c 'exit 12'")).toMatchObject({ exitCode: 12 })
    expect(await said('exec -i life cat', { input: 'in' })).toBe('in')
    expect(await said('exec -d life true')).toBe('')
    expect(await said('diff life')).toBe('A /new\n')
    expect(await said('pause life')).toBe('life\n')
    expect(await said('inspect -f {{.State.Status}} life')).toBe('paused\n')
    expect(await ct('attach life')).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/paused/) })
    await said('unpause life')
    await said('rename life second')
    expect(await said('restart -t 0 second')).toBe('second\n')
    expect(await ct('rm second')).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/running/) })
    const waited = said('wait second')
    expect(await said('kill -s TERM second')).toBe('second\n')
    expect(await waited).toBe('6\n')
    expect(await ct('kill second nobody')).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/not running[\s\S]*No such container/),
    })
    expect(await said('stop second')).toBe('second\n')
    expect(await said('rm second')).toBe('second\n')
    expect(await ct('inspect second')).toEqual({ exitCode: 1, stdout: '[]\n', stderr: 'ct: no such object: second\n' })
    expect(await ct('rm -f second')).toMatchObject({ exitCode: 0 })
  })

  it('starts what was created, attached', async () => {
    const cidfile = `${dockerd.directory}/cid`
    const id = (await said(`create -i --name made --cidfile ${cidfile} --network none tools sh -c 'cat; exit 3'`)).trim()
    expect(await readFile(cidfile, 'utf8')).toBe(id)
    expect(await ct('start -ai made', { input: 'text' })).toEqual({ exitCode: 3, stdout: 'text', stderr: '' })
    expect(await ct('start -a made other')).toMatchObject({ exitCode: 1 })
    expect(await said('start made')).toBe('made\n')
    await rm(cidfile)
  })

  it('follows a log and an attached run to their end', async () => {
    const script = "sh -c 'for i in 1 2 3; do echo out $i; echo err $i >&2; sleep 0.1; done; exit 5'"
    const expected = { stdout: 'out 1\nout 2\nout 3\n', stderr: 'err 1\nerr 2\nerr 3\n' }
    await said(`run -d --name chatty --network none tools ${script}`)
    expect(await ct('logs -f chatty')).toEqual({ exitCode: 0, ...expected })
    expect(await ct(`run --name again --network none tools ${script}`)).toEqual({ exitCode: 5, ...expected })
  })

  it('manages volumes', async () => {
    expect(await said('volume create --label a=b data')).toBe('data\n')
    expect(await said('volume ls --filter label=a')).toBe('DRIVER    VOLUME NAME\nlocal     data\n')
    expect(await said('volume inspect -f {{.Labels.a}} data')).toBe('b\n')
    await said("run --rm --network none -v data:/d tools sh -c 'echo kept > /d/file'")
    expect(await said('run --rm --network none --mount src=data,dst=/d,ro tools cat /d/file')).toBe('kept\n')
    expect(await ct('volume prune', { input: 'n\n' })).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/Go on\? \[y\/N\] $/) })
    expect(await said('volume rm data')).toBe('data\n')
    expect(await ct('volume rm data')).toMatchObject({ exitCode: 1 })
    await said('volume create')
    expect(await said('volume prune -f')).toMatch(/^Deleted Volumes:\n[0-9a-f]{64}\n\nTotal reclaimed space: 0B\n$/)
  })

  it('lists networks', async () => {
    expect(await said('network ls')).toMatch(/^NETWORK ID +NAME +DRIVER +SCOPE\n.* host +host +local\n.* none +null +local\n$/)
    expect(await said('network inspect -f {{.Driver}} none')).toBe('null\n')
  })

  it('passes signals on to the container', async () => {
    const child = spawn(process.execPath, [
      program,
      '-H',
      dockerd.host,
      'run',
      '--rm',
      '--name',
      'proxied',
      '--network',
      'none',
      'tools',
      'sh',
      '-c',
      COUNTER,
    ])
    await once(child.stdout, 'data')
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([6, null])
  })

  it('gives the container our terminal, and follows its size', async () => {
    const script = `${dockerd.directory}/drive.py`
    await writeFile(script, DRIVER)
    const output = execFileSync(
      'python3',
      [script, process.execPath, program, '-H', dockerd.host, 'run', '-it', '--name', 'room', '--network', 'none', 'tools', 'sh'],
      {
        encoding: 'utf8',
      },
    )
    expect(output).toMatch(/31 91[\s\S]*40 100[\s\S]*interrupted[\s\S]*read escape sequence[\s\S]*exit 0/)
    expect(await said('ps --format {{.Names}}')).toBe('room\n')
  }, 30_000)

  it('leaves a stdin alone that the container does not read', async () => {
    const stdin = new PassThrough()
    expect(await said('run --rm --network none tools echo done', { stdin })).toBe('done\n')
    expect(stdin.readableFlowing).toBe(null)
  })
})

/** Splits as a shell does, as far as quotes go. */
function words(line: string): string[] {
  return (line.match(/(?:'[^']*'|[^\s'])+/g) ?? []).map((word) => word.replace(/^'|'$/g, '').replaceAll('\\$', '$'))
}

/** Types into a terminal, changes its size, interrupts, and leaves by the detach keys. */
const DRIVER = `
import fcntl, os, pty, select, struct, sys, termios, time
pid, fd = pty.fork()
if pid == 0: os.execv(sys.argv[1], sys.argv[1:])
def size(rows, columns): fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
def until(text, seconds=10):
    seen, end = b'', time.time() + seconds
    while text not in seen and time.time() < end:
        if select.select([fd], [], [], 0.1)[0]:
            try: seen += os.read(fd, 4096)
            except OSError: break
    sys.stdout.write(seen.decode())
size(31, 91)
until(b'# ')
time.sleep(0.5)
os.write(fd, b'stty size\\r'); until(b'31 91')
size(40, 100); time.sleep(0.5)
os.write(fd, b'stty size\\r'); until(b'40 100')
os.write(fd, b'trap "echo inter""rupted" INT; sleep 100\\r'); time.sleep(0.5)
os.write(fd, b'\\x03'); until(b'interrupted')
os.write(fd, b'\\x10\\x11'); until(b'read escape sequence')
print('exit', os.waitpid(pid, 0)[1])
`
