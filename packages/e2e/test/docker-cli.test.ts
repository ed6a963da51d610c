import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Cleanup } from '../src/cleanup.ts'
import { type CommandResult, eventually, output, run } from '../src/command.ts'
import { Ct } from '../src/ct.ts'
import { havePeers, startDockerd, startDockerRegistry } from '../src/peers.ts'
import { scratchDirectory } from '../src/scratch.ts'
import { toolsArchive } from '../src/tools-image.ts'

/** One command line client against one daemon: every pair must do the same things. */
const PAIRS = [
  { client: 'docker', server: 'ct' },
  { client: 'ct', server: 'dockerd' },
  { client: 'ct', server: 'ct' },
] as const

const ready = havePeers('docker', 'dockerd', 'docker-registry', 'skopeo', 'script')

describe.skipIf(!ready).each(PAIRS)('the $client command against $server', ({ client, server }) => {
  const cleanup = new Cleanup()
  let prefix: readonly string[]
  let image: string
  let directory: string
  const command = (...args: readonly string[]): Promise<CommandResult> => run([...prefix, ...args])
  const succeed = (...args: readonly string[]): Promise<string> => output([...prefix, ...args])

  beforeAll(async () => {
    directory = cleanup.use(await scratchDirectory('clients')).path
    const registry = await startDockerRegistry(directory)
    cleanup.use(registry.service)
    const ct = cleanup.use(await Ct.start(directory))
    const archive = await toolsArchive(ct, directory)
    image = `${registry.host}/team/tools:1`
    await output(['skopeo', 'copy', '--quiet', '--dest-tls-verify=false', `docker-archive:${archive}`, `docker://${image}`])
    const host = server === 'ct' ? ct.host : await privateDockerd()
    prefix = client === 'docker' ? ['docker', '-H', host] : [...ct.command().slice(0, 2), '-H', host]
  })
  afterAll(() => cleanup[Symbol.asyncDispose]())

  const privateDockerd = async (): Promise<string> => {
    const dockerd = await startDockerd(`${directory}/docker`)
    cleanup.use(dockerd.service)
    return dockerd.host
  }

  const publishPort = async (): Promise<void> => {
    const script = 'import socket; s = socket.create_server(("0.0.0.0", 80)); c, _ = s.accept(); c.sendall(b"hello from inside"); c.close()'
    await succeed('run', '-d', '--name', 'web', '-p', '127.0.0.1:0:80', image, 'python3', '-c', script)
    const [inspected] = JSON.parse(await succeed('inspect', 'web')) as [
      { NetworkSettings: { Ports: Record<string, { HostPort: string }[]> } },
    ]
    const port = inspected.NetworkSettings.Ports['80/tcp']?.[0]?.HostPort ?? ''
    const read = `import socket; print(socket.create_connection(("127.0.0.1", ${port}), 5).recv(100).decode())`
    await eventually(async () => expect(await output(['python3', '-c', read])).toBe('hello from inside\n'))
    await succeed('rm', '-f', 'web')
  }

  it('says which versions speak, and what the daemon is', async () => {
    expect(await succeed('version')).toMatch(/Server:/)
    expect(await succeed('info')).toMatch(/Storage Driver: overlay/)
  })

  it('pulls and lists', async () => {
    expect(await succeed('pull', image)).toContain('Status: Downloaded newer image')
    expect(await succeed('pull', image)).toContain('Status: Image is up to date')
    expect(await succeed('images')).toMatch(/team\/tools\s+1\s+[0-9a-f]{12}/)
  })

  it('runs in the foreground with output on both streams and the exit status', async () => {
    const { exitCode, stdout, stderr } = await command(
      'run',
      '--rm',
      '--network',
      'none',
      image,
      'sh',
      '-c',
      'echo out; echo err >&2; exit 4',
    )
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 4, stdout: 'out\n', stderr: 'err\n' })
  })

  it('runs with a terminal', async () => {
    const inner = [...prefix, 'run', '-it', '--rm', '--network', 'none', image, 'sh', '-c', '"sleep 0.7; tty; stty size"'].join(' ')
    expect(await output(['script', '-qefc', `stty rows 31 cols 91; ${inner}`, '/dev/null'])).toMatch(/\/dev\/(pts\/0|console)\s+31 91/)
  })

  it('runs in the background; logs, exec, stop, inspect, rm', async () => {
    const id = (
      await succeed(
        'run',
        '-d',
        '--name',
        'server',
        '--network',
        'none',
        image,
        'sh',
        '-c',
        'echo started; trap "exit 6" TERM; while :; do sleep 0.1; done',
      )
    ).trim()
    expect(id).toMatch(/^[0-9a-f]{64}$/)
    await eventually(async () => expect(await succeed('logs', 'server')).toBe('started\n'))
    expect(await succeed('exec', 'server', 'sh', '-c', 'echo $0 inside', 'exec')).toBe('exec inside\n')
    expect((await command('exec', 'server', 'sh', '-c', 'exit 12')).exitCode).toBe(12)
    expect(await succeed('ps')).toContain('server')
    expect(await succeed('stop', 'server')).toBe('server\n')
    const [inspected] = JSON.parse(await succeed('inspect', 'server')) as [{ Id: string; State: { Status: string; ExitCode: number } }]
    expect(inspected).toMatchObject({ Id: id, State: { Status: 'exited', ExitCode: 6 } })
    expect(await succeed('rm', 'server')).toBe('server\n')
    expect((await command('inspect', 'server')).exitCode).toBe(1)
  })

  // The private dockerd has no network.
  if (server === 'ct') it('publishes a port', () => publishPort())

  it('saves and loads what it saved', async () => {
    const id = (await succeed('images', '-q', '--no-trunc', image)).trim()
    await succeed('save', '-o', `${directory}/saved.tar`, image)
    await succeed('rmi', image)
    expect(await succeed('images', '-q', image)).toBe('')
    expect(await succeed('load', '-i', `${directory}/saved.tar`)).toContain(`Loaded image: ${image}`)
    expect((await succeed('images', '-q', '--no-trunc', image)).trim()).toBe(id)
  })

  it.each([
    ['125 for an image that is not there', ['run', '--rm', '--pull', 'never', 'nowhere/nothing:1'], 125],
    ['127 for a command that is not there', ['run', '--rm', '--network', 'none', 'IMAGE', 'no-such-command'], 127],
    ['126 for a command that cannot be executed', ['run', '--rm', '--network', 'none', 'IMAGE', '/etc/passwd'], 126],
    ['1 for a container that is not there', ['inspect', 'nobody'], 1],
  ])('exits with %s', async (_what, args, expected) => {
    const { exitCode, stderr } = await command(...args.map((argument) => (argument === 'IMAGE' ? image : argument)))
    expect(exitCode).toBe(expected)
    expect(stderr).not.toBe('')
  })
})
