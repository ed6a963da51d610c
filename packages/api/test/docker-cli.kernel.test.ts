import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ServedEngine, startServedEngine } from './served-engine.ts'

let daemon: ServedEngine
let directory = ''
beforeAll(async () => {
  daemon = await startServedEngine()
  directory = mkdtempSync(join(tmpdir(), 'ct-docker-'))
})
afterAll(async () => {
  rmSync(directory, { recursive: true, force: true })
  await daemon?.[Symbol.asyncDispose]()
})

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** The real docker CLI against our socket. */
function docker(args: readonly string[], { input = '' }: { readonly input?: string } = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env.PATH, DOCKER_HOST: daemon.host, DOCKER_CONFIG: directory }, timeout: 30_000 }
    const child = execFile('docker', [...args], options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr })
    })
    child.stdin?.end(input)
  })
}

async function output(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await docker(args)
  expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' })
  return stdout.trim()
}

describe('the docker CLI', () => {
  it('version, info', async () => {
    expect(await output('version', '--format', '{{.Server.APIVersion}} {{.Server.Os}}')).toBe('1.51 linux')
    expect(await output('info', '--format', '{{.Swarm.LocalNodeState}} {{.Driver}} {{.Images}}')).toBe('inactive overlay 1')
    expect(await output('info')).toContain('Server Version:')
  })

  it.each([
    ['hi', ['echo', 'hi'], 'hi\n', 0],
    ['an exit code', ['sh', '-c', 'exit 5'], '', 5],
    ['a program that is not there', ['nonexistent'], '', 127],
    ['a program that is none', ['/etc'], '', 126],
  ])('run: %s', async (_what, command, stdout, code) => {
    const outcome = await docker(['run', '--rm', '--network', 'none', 'busybox', ...command])
    expect(outcome).toMatchObject({ code, stdout })
    if (code < 126) expect(outcome.stderr).toBe('')
    else expect(outcome.stderr).toContain('docker: Error response from daemon: ')
    expect(await output('ps', '-aq')).toBe('')
  })

  it('run -i gives stdin to its end', async () => {
    expect(await docker(['run', '-i', '--rm', '--network', 'none', 'busybox', 'cat'], { input: 'typed' })).toMatchObject({
      code: 0,
      stdout: 'typed',
    })
  })

  it('run -it has a terminal', async () => {
    const line = `docker -H ${daemon.host} run -it --rm --network none busybox sh -c 'test -t 0 && sleep 0.5 && stty size; exit 3'`
    const script = spawn('script', ['-qec', `stty rows 31 cols 77; ${line}`, '/dev/null'], { stdio: ['pipe', 'pipe', 'ignore'] })
    let text = ''
    script.stdout.on('data', (chunk) => {
      text += String(chunk)
    })
    const [code] = await once(script, 'close')
    expect(text).toContain('31 77')
    expect(code).toBe(3)
  })

  it('run -d, ps, logs, exec, top, stats, stop, rm', async () => {
    const id = await output(
      'run',
      '-d',
      '--name',
      'ct-web',
      '--network',
      'none',
      '--label',
      'a=b',
      'busybox',
      'sh',
      '-c',
      'echo started; exec sleep 60',
    )
    expect(await output('ps', '--filter', 'label=a=b', '--format', '{{.ID}} {{.Names}} {{.Status}} {{.Image}}')).toMatch(
      new RegExp(`^${id.slice(0, 12)} ct-web Up .* busybox$`),
    )
    expect(await output('logs', 'ct-web')).toBe('started')
    expect(await output('exec', 'ct-web', 'cat', '/proc/1/comm')).toBe('sleep')
    expect(await docker(['exec', '-i', 'ct-web', 'cat'], { input: 'piped' })).toMatchObject({ code: 0, stdout: 'piped' })
    expect(await docker(['exec', 'ct-web', 'sh', '-c', 'exit 6'])).toMatchObject({ code: 6 })
    expect(await docker(['exec', 'ct-web', 'nonexistent'])).toMatchObject({ code: 127 })
    expect(await output('exec', '-d', 'ct-web', 'touch', '/made')).toBe('')
    await expect.poll(() => output('diff', 'ct-web')).toContain('A /made')
    expect(await output('top', 'ct-web')).toContain('sleep 60')
    expect(await output('stats', '--no-stream', '--format', '{{.Name}} {{.PIDs}}', 'ct-web')).toBe('ct-web 1')
    expect(
      await output('inspect', '--format', '{{.State.Status}} {{.HostConfig.NetworkMode}} {{index .Config.Labels "a"}}', 'ct-web'),
    ).toBe('running none b')
    expect(await output('pause', 'ct-web')).toBe('ct-web')
    expect(await output('unpause', 'ct-web')).toBe('ct-web')
    expect(await output('stop', '-t', '0', 'ct-web')).toBe('ct-web')
    expect(await output('wait', 'ct-web')).toBe('137')
    expect(await output('start', 'ct-web')).toBe('ct-web')
    expect(await docker(['rm', 'ct-web'])).toMatchObject({ code: 1, stderr: expect.stringContaining('container is running') })
    expect(await output('rm', '-f', 'ct-web')).toBe('ct-web')
    expect(await docker(['inspect', 'ct-web'])).toMatchObject({ code: 1, stderr: expect.stringContaining('No such object: ct-web') })
  })

  it('run -p publishes a port', async () => {
    await output('run', '-d', '--name', 'ct-port', '-p', '127.0.0.1::80', 'busybox', 'sleep', '60')
    expect(await output('port', 'ct-port', '80')).toMatch(/^127\.0\.0\.1:\d+$/)
    await output('rm', '-f', 'ct-port')
  })

  it('logs -f ends with the container', async () => {
    await output(
      'run',
      '-d',
      '--name',
      'ct-count',
      '--network',
      'none',
      'busybox',
      'sh',
      '-c',
      'for n in 1 2 3; do echo $n; sleep 0.1; done',
    )
    expect(await output('logs', '-f', 'ct-count')).toBe('1\n2\n3')
    expect(await output('logs', '--tail', '1', 'ct-count')).toBe('3')
    await output('rm', '-f', 'ct-count')
  })

  it('start -a, export, rename, prune', async () => {
    await output('create', '--name', 'ct-once', '--network', 'none', 'busybox', 'echo', 'again')
    expect(await output('start', '-a', 'ct-once')).toBe('again')
    expect(await output('rename', 'ct-once', 'ct-twice')).toBe('')
    await output('export', '-o', join(directory, 'root.tar'), 'ct-twice')
    expect(await output('container', 'prune', '-f')).toContain('Deleted Containers:')
    expect(await output('system', 'prune', '-f')).toContain('Total reclaimed space:')
  })

  it('save, tag, rmi, load, images, history, inspect', async () => {
    const archive = join(directory, 'image.tar')
    const id = await output('images', '-q', '--no-trunc', 'busybox')
    await output('save', '-o', archive, 'busybox')
    await output('tag', 'busybox', 'ct/other:v2')
    expect(await output('rmi', 'ct/other:v2')).toBe('Untagged: ct/other:v2')
    expect(await output('rmi', 'busybox')).toContain(`Deleted: ${id}`)
    expect(await output('images', '-q')).toBe('')
    expect(await output('load', '-i', archive)).toBe('Loaded image: busybox:latest')
    expect(await output('inspect', '--format', '{{.Id}} {{.Config.Cmd}}', 'busybox')).toBe(`${id} [sh]`)
    expect(await output('history', '--format', '{{.CreatedBy}}', 'busybox')).toBe('tar')
  })

  it('load of what is no image fails', async () => {
    const outcome = await docker(['load'], { input: 'nonsense, and more of it' })
    expect(outcome.code).toBe(1)
    expect(outcome.stderr).not.toBe('')
  })

  it('volume, network, system df, events', async () => {
    expect(await output('volume', 'create', '--label', 'x=y', 'ct-vol')).toBe('ct-vol')
    expect(
      await output(
        'run',
        '--rm',
        '--network',
        'none',
        '-v',
        'ct-vol:/v',
        '-v',
        `${directory}:/host:ro`,
        'busybox',
        'sh',
        '-c',
        'echo kept > /v/f; ls -d /host',
      ),
    ).toBe('/host')
    expect(await output('run', '--rm', '--network', 'none', '-v', 'ct-vol:/v', 'busybox', 'cat', '/v/f')).toBe('kept')
    expect(await output('volume', 'rm', 'ct-vol')).toBe('ct-vol')
    expect((await output('network', 'ls', '--format', '{{.Name}}')).split('\n').sort()).toEqual(['bridge', 'host', 'none'])
    expect(await output('network', 'inspect', '--format', '{{(index .IPAM.Config 0).Gateway}}', 'bridge')).toMatch(/^[\d.]+$/)
    expect(await output('system', 'df')).toContain('Local Volumes')
    expect(await output('events', '--since', '1m', '--until', '0s', '--filter', 'event=die', '--format', '{{.Action}}')).toMatch(
      /^(die\n?)+$/,
    )
  })

  it('what is not built says so', async () => {
    expect(await docker(['network', 'create', 'x'])).toMatchObject({ code: 1, stderr: expect.stringContaining('is not built yet') })
    expect(await docker(['run', '--gpus', 'all', 'busybox'])).toMatchObject({
      code: 125,
      stderr: expect.stringContaining('DeviceRequests is not built yet'),
    })
    expect(await docker(['service', 'ls'])).toMatchObject({ code: 1, stderr: expect.stringContaining('This node is not a swarm manager') })
  })

  it('a missing image that cannot be pulled', async () => {
    const outcome = await docker(['run', '--rm', '127.0.0.1:1/missing'])
    expect(outcome.code).toBe(125)
    expect(outcome.stderr).toContain("Unable to find image '127.0.0.1:1/missing:latest' locally")
  })
})
