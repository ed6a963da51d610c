import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { PassThrough } from 'node:stream'
import Docker from 'dockerode'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { havePeers } from '../src/peers.ts'
import { Stage } from '../src/stage.ts'

describe.skipIf(!havePeers())('dockerode against our daemon', () => {
  let stage: Stage
  let docker: Docker
  beforeAll(async () => {
    stage = await Stage.withTools('dockerode')
    docker = new Docker({ socketPath: stage.ct.host.replace('unix://', '') })
  })
  afterAll(() => stage[Symbol.asyncDispose]())

  it('knows the daemon and its images', async () => {
    expect(await docker.ping()).toEqual(Buffer.from('OK'))
    expect((await docker.version()).ApiVersion).toMatch(/^1\.\d+$/)
    expect((await docker.listImages()).flatMap(({ RepoTags }) => RepoTags)).toContain('tools:latest')
  })

  it('runs a container to its end, with its output', async () => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    const text = collect(stdout)
    const script = ['sh', '-c', 'echo hello; echo oh >&2; exit 3']
    const [{ StatusCode }, container] = (await docker.run('tools', script, [stdout, stderr], { Tty: false })) as [
      { StatusCode: number },
      Docker.Container,
    ]
    expect(StatusCode).toBe(3)
    stdout.end()
    expect(await text).toBe('hello\n')
    expect(stderr.read()?.toString()).toBe('oh\n')
    await container.remove()
    await expect(container.inspect()).rejects.toMatchObject({ statusCode: 404 })
  })

  it('attaches before the start, talks through stdin, and executes inside', async () => {
    const container = await docker.createContainer({
      Image: 'tools',
      Cmd: ['sort'],
      OpenStdin: true,
      StdinOnce: true,
      NetworkDisabled: true,
    })
    const stream = await container.attach({ stream: true, hijack: true, stdin: true, stdout: true, stderr: true })
    const stdout = new PassThrough()
    container.modem.demuxStream(stream, stdout, stdout)
    stream.once('end', () => stdout.end())
    const text = collect(stdout)
    await container.start()
    stream.write('b\na\n')
    stream.end()
    expect(await text).toBe('a\nb\n')
    expect(await container.wait()).toMatchObject({ StatusCode: 0 })
    await container.remove()
  })

  it('executes in a running container and learns the exit status', async () => {
    const container = await docker.createContainer({ Image: 'tools', Cmd: ['sleep', '60'], HostConfig: { NetworkMode: 'none' } })
    await container.start()
    const exec = await container.exec({ Cmd: ['sh', '-c', 'echo inside; exit 5'], AttachStdout: true, AttachStderr: true })
    const stream = await exec.start({ hijack: true, stdin: false })
    const stdout = new PassThrough()
    container.modem.demuxStream(stream, stdout, stdout)
    stream.once('end', () => stdout.end())
    expect(await collect(stdout)).toBe('inside\n')
    expect((await exec.inspect()).ExitCode).toBe(5)
    await container.remove({ force: true })
  })

  it('hears events, and reads statistics', async () => {
    const events = (await docker.getEvents({ filters: { type: ['container'] } })) as NodeJS.ReadableStream & { destroy(): void }
    const container = await docker.createContainer({
      Image: 'tools',
      Cmd: ['sleep', '60'],
      name: 'noisy',
      HostConfig: { NetworkMode: 'none' },
    })
    const [first] = (await once(events, 'data')) as [Buffer]
    expect(JSON.parse(String(first).split('\n')[0] ?? '')).toMatchObject({ Type: 'container', Action: 'create' })
    events.destroy()
    await container.start()
    expect((await container.stats({ stream: false })).memory_stats.usage).toBeGreaterThan(0)
    await container.remove({ force: true })
  })

  it('loads what it saved', async () => {
    const saved = await docker.getImage('tools').get()
    const bytes = await collectBytes(saved)
    expect(bytes.length).toBeGreaterThan(1 << 20)
    const archive = `${stage.directory}/tools.tar`
    await stage.ct.output(['save', '-o', archive, 'tools'])
    const answer = await docker.loadImage(createReadStream(archive))
    expect(String(await collectBytes(answer))).toContain('Loaded image: tools:latest')
  })
})

async function collectBytes(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  return String(await collectBytes(stream))
}
