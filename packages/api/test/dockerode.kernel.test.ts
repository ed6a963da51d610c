import { once } from 'node:events'
import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dockerArchive } from './docker-archive.ts'
import { Docker, type Dockerode, type DockerodeContainer } from './dockerode.ts'
import { type ServedEngine, startServedEngine } from './served-engine.ts'

let daemon: ServedEngine
let docker: Dockerode
beforeAll(async () => {
  daemon = await startServedEngine()
  docker = new Docker({ socketPath: daemon.host.replace('unix://', '') })
})
afterAll(() => daemon?.[Symbol.asyncDispose]())

const create = (options: object): Promise<DockerodeContainer> =>
  docker.createContainer({ Image: 'busybox', HostConfig: { NetworkMode: 'none' }, ...options })

/** Both streams of an attached container or exec, to their end. */
async function demultiplexed(stream: Readable): Promise<{ stdout: string; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()]
  docker.modem.demuxStream(stream, stdout, stderr)
  const texts = Promise.all([text(stdout), text(stderr)])
  await once(stream, 'end')
  stdout.end()
  stderr.end()
  const [out, err] = await texts
  return { stdout: out, stderr: err }
}

describe('dockerode', () => {
  it('pings, reads version, info and lists', async () => {
    expect(String(await docker.ping())).toBe('OK')
    expect((await docker.version()).ApiVersion).toBe('1.51')
    expect((await docker.info()).OSType).toBe('linux')
    expect((await docker.listImages())[0]?.RepoTags).toEqual(['busybox:latest'])
    expect(await docker.listContainers({ all: true, filters: { status: ['running'] } })).toEqual([])
    expect((await docker.listNetworks()).map(({ Name }) => Name).sort()).toEqual(['bridge', 'host', 'none'])
    expect((await docker.listVolumes()).Volumes).toEqual([])
  })

  it('attaches and sends stdin', async () => {
    const container = await create({ Cmd: ['sh', '-c', 'cat; echo err >&2'], OpenStdin: true, StdinOnce: true, AttachStdin: true })
    const stream = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true })
    const ended = demultiplexed(stream)
    await container.start()
    stream.end('hello')
    expect(await ended).toEqual({ stdout: 'hello', stderr: 'err\n' })
    expect(await container.wait()).toMatchObject({ StatusCode: 0 })
    await container.remove()
  })

  it('attaches without asking for an upgrade', async () => {
    const container = await create({ Cmd: ['sh', '-c', 'echo out; echo err >&2'] })
    const ended = demultiplexed(await container.attach({ stream: true, stdout: true, stderr: true }))
    await container.start()
    expect(await ended).toEqual({ stdout: 'out\n', stderr: 'err\n' })
    await container.remove({ force: true })
  })

  it('executes, with and without an upgrade', async () => {
    const container = await create({ Cmd: ['sleep', '60'] })
    await container.start()
    const fed = await container.exec({ Cmd: ['sh', '-c', 'cat; exit 4'], AttachStdin: true, AttachStdout: true, AttachStderr: true })
    const stream = await fed.start({ hijack: true, stdin: true })
    const ended = demultiplexed(stream)
    stream.end('fed')
    expect((await ended).stdout).toBe('fed')
    expect(await fed.inspect()).toMatchObject({ ExitCode: 4, Running: false })
    const plain = await container.exec({ Cmd: ['echo', 'plain'], AttachStdout: true })
    expect((await demultiplexed(await plain.start({}))).stdout).toBe('plain\n')
    expect(await plain.inspect()).toMatchObject({ ExitCode: 0 })
    await container.remove({ force: true })
  })

  it('reads and follows logs', async () => {
    const container = await create({ Cmd: ['sh', '-c', 'echo one; sleep 0.2; echo two >&2'] })
    await container.start()
    const followed = await container.logs({ follow: true, stdout: true, stderr: true })
    expect(await demultiplexed(followed)).toEqual({ stdout: 'one\n', stderr: 'two\n' })
    expect(String(await container.logs({ stdout: true, stderr: true, tail: 1 }))).toMatch(/two\n$/)
    await container.remove()
  })

  it('hears events, and waits can be given up', async () => {
    const events = await docker.getEvents({ filters: { type: ['container'], event: ['start'] } })
    const heard = once(events, 'data')
    const container = await create({ Cmd: ['sleep', '60'] })
    await container.start()
    const [line] = await heard
    expect(JSON.parse(String(line))).toMatchObject({ Type: 'container', Action: 'start', status: 'start', id: container.id })
    events.on('error', () => undefined)
    events.destroy()
    const controller = new AbortController()
    const wait = container.wait({ abortSignal: controller.signal })
    controller.abort()
    await expect(wait).rejects.toThrow()
    await container.stop({ t: 0 })
    await container.remove()
  })

  it('loads images and follows the progress', async () => {
    const stream = await docker.loadImage(Readable.from(dockerArchive('ct/loaded:v1', Buffer.alloc(1024), { Cmd: ['x'] })))
    expect(await text(stream)).toContain('Loaded image: ct/loaded:v1')
    await docker.getImage('ct/loaded:v1').remove()
    const pull = await docker.pull('127.0.0.1:1/x:y').catch((error: unknown) => error)
    expect(pull).toMatchObject({ statusCode: expect.any(Number) })
  })

  it('gets errors with their status', async () => {
    await expect(docker.getContainer('nope').inspect()).rejects.toMatchObject({
      statusCode: 404,
      json: { message: 'No such container: nope' },
    })
    await expect(docker.createContainer({ Image: 'nope' })).rejects.toMatchObject({ statusCode: 404 })
  })
})
