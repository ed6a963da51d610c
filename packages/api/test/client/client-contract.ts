import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as api from '../../src/index.ts'

/** A daemon to test with; it has an image `busybox:latest`. */
export interface Subject extends AsyncDisposable {
  readonly host: string
}

/** What a client relies on, run against every daemon that there is. */
export function clientContract(name: string, start: () => Promise<Subject>): void {
  describe(`a client of ${name}`, () => {
    let subject: Subject
    let client: api.Client
    beforeAll(async () => {
      subject = await start()
      client = api.createClient({ host: subject.host })
    }, 120_000)
    afterAll(() => subject?.[Symbol.asyncDispose]())

    async function create(body: Omit<api.ContainerCreateBody, 'Image'>): Promise<string> {
      const base = { Image: 'busybox:latest', HostConfig: { NetworkMode: 'none' } }
      return (await client.call(api.containerCreate, { body: { ...base, ...body } })).Id
    }
    const remove = (id: string): Promise<undefined> => client.call(api.containerRemove, { params: { id }, query: { force: true, v: true } })

    it('reads version and info', async () => {
      expect(await client.call(api.systemVersion)).toMatchObject({ ApiVersion: expect.stringMatching(/^1\.\d+$/), Os: 'linux' })
      expect(await client.call(api.systemInfo)).toMatchObject({
        OSType: 'linux',
        NCPU: expect.any(Number),
        Swarm: { LocalNodeState: 'inactive' },
      })
    })

    it('attaches before the start, sends stdin to its end, and takes both streams apart', async () => {
      const id = await create({ Cmd: ['sh', '-c', 'cat; echo err >&2; exit 3'], OpenStdin: true, StdinOnce: true })
      const stream = await client.hijack(api.containerAttach, {
        params: { id },
        query: { stream: true, stdin: true, stdout: true, stderr: true },
      })
      let end: Promise<api.WaitResult> | undefined
      await new Promise<void>((resolve) => {
        end = client.call(api.containerWait, { params: { id }, query: { condition: 'next-exit' }, onOpen: () => resolve() })
      })
      await client.call(api.containerStart, { params: { id } })
      stream.end('hello\n')
      const seen: Record<string, string> = {}
      for await (const { stream: which, chunk } of api.demultiplex(stream)) seen[which] = (seen[which] ?? '') + Buffer.from(chunk)
      expect(seen).toEqual({ stdout: 'hello\n', stderr: 'err\n' })
      expect((await end)?.StatusCode).toBe(3)
      await remove(id)
    })

    it('reads logs, framed and with times', async () => {
      const id = await create({ Cmd: ['sh', '-c', 'echo out; echo err >&2'] })
      await client.call(api.containerStart, { params: { id } })
      await client.call(api.containerWait, { params: { id } })
      const lines: string[] = []
      const logs = client.download(api.containerLogs, { params: { id }, query: { stdout: true, stderr: true, timestamps: true } })
      for await (const { stream, chunk } of api.demultiplex(logs)) lines.push(`${stream} ${Buffer.from(chunk)}`)
      expect(lines.sort()).toEqual([
        expect.stringMatching(/^stderr \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z err\n$/),
        expect.stringMatching(/^stdout \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z out\n$/),
      ])
      await remove(id)
    })

    it('follows a log to the end of the container', async () => {
      const id = await create({ Cmd: ['sh', '-c', 'for n in 1 2 3; do echo $n; sleep 0.1; done'], Tty: true })
      await client.call(api.containerStart, { params: { id } })
      const logs = client.download(api.containerLogs, { params: { id }, query: { stdout: true, follow: true } })
      expect((await textOf(logs)).replaceAll('\r', '')).toBe('1\n2\n3\n')
      await remove(id)
    })

    it('runs a program in a container, and knows its exit code as soon as the stream has ended', async () => {
      const id = await create({ Cmd: ['sleep', '60'] })
      await client.call(api.containerStart, { params: { id } })
      const exec = await client.call(api.execCreate, { params: { id }, body: { Cmd: ['sh', '-c', 'echo in; exit 4'], AttachStdout: true } })
      const stream = await client.hijack(api.execStart, { params: { id: exec.Id }, body: {} })
      const chunks: string[] = []
      for await (const { chunk } of api.demultiplex(stream)) chunks.push(String(Buffer.from(chunk)))
      expect(chunks.join('')).toBe('in\n')
      expect(await client.call(api.execInspect, { params: { id: exec.Id } })).toMatchObject({
        Running: false,
        ExitCode: 4,
        ContainerID: id,
      })
      const detached = await client.call(api.execCreate, { params: { id }, body: { Cmd: ['true'] } })
      await client.call(api.execStart, { params: { id: detached.Id }, body: { Detach: true } })
      await remove(id)
    })

    it('leaves a terminal by the detach keys, and the container runs on', async () => {
      const id = await create({ Cmd: ['cat'], Tty: true, OpenStdin: true })
      const query = { stream: true, stdin: true, stdout: true, detachKeys: 'ctrl-a,d' }
      const stream = await client.hijack(api.containerAttach, { params: { id }, query })
      await client.call(api.containerStart, { params: { id } })
      await client.call(api.containerResize, { params: { id }, query: { h: 33, w: 99 } })
      stream.write('typed\n')
      await once(stream, 'data')
      stream.resume().write('\x01d')
      await once(stream, 'close')
      expect((await client.call(api.containerInspect, { params: { id } })).State).toMatchObject({ Running: true, Status: 'running' })
      await remove(id)
    })

    it('is refused to attach with detach keys that are none', async () => {
      const id = await create({ Cmd: ['cat'], Tty: true, OpenStdin: true })
      const attach = client.hijack(api.containerAttach, { params: { id }, query: { stream: true, detachKeys: 'ctrl-nope' } })
      await expect(attach).rejects.toMatchObject({ code: 'API_REFUSED', status: 400 })
      await remove(id)
    })

    it('lists, renames, inspects, stops and removes', async () => {
      const id = await create({ Cmd: ['sleep', '60'], Labels: { 'ct.test': 'list' }, StopSignal: 'SIGKILL' })
      await client.call(api.containerStart, { params: { id } })
      await client.call(api.containerStart, { params: { id } })
      await client.call(api.containerRename, { params: { id }, query: { name: 'ct-renamed' } })
      const found = await client.call(api.containerList, { query: { filters: { label: ['ct.test=list'] } } })
      expect(found).toMatchObject([{ Id: id, Names: ['/ct-renamed'], Image: 'busybox:latest', State: 'running', Command: 'sleep 60' }])
      const inspected = await client.call(api.containerInspect, { params: { id: 'ct-renamed' } })
      expect(inspected).toMatchObject({
        Id: id,
        Path: 'sleep',
        Args: ['60'],
        Name: '/ct-renamed',
        State: { Status: 'running', ExitCode: 0, OOMKilled: false, FinishedAt: '0001-01-01T00:00:00Z' },
        Config: { Image: 'busybox:latest', Labels: { 'ct.test': 'list' }, StopSignal: 'SIGKILL' },
        HostConfig: { NetworkMode: 'none', AutoRemove: false },
      })
      expect((await client.call(api.containerTop, { params: { id } })).Processes).toHaveLength(1)
      await client.call(api.containerStop, { params: { id }, query: { t: 5 } })
      expect((await client.call(api.containerInspect, { params: { id } })).State).toMatchObject({ Status: 'exited', ExitCode: 137 })
      await remove(id)
      await expect(client.call(api.containerInspect, { params: { id } })).rejects.toMatchObject({
        status: 404,
        kind: 'not-found',
        message: `No such container: ${id}`,
      })
    })

    it('finds a container stopped that it has killed', async () => {
      const id = await create({ Cmd: ['sleep', '60'] })
      await client.call(api.containerStart, { params: { id } })
      await client.call(api.containerKill, { params: { id } })
      await client.call(api.containerRemove, { params: { id } })
    })

    it('hears events from the past and the present', async () => {
      const since = String(Math.floor(Date.now() / 1000))
      const id = await create({ Cmd: ['true'] })
      const actions: string[] = []
      const controller = new AbortController()
      const events = client.stream(api.systemEvents, { query: { since, filters: { container: [id] } }, signal: controller.signal })
      const started = client.call(api.containerStart, { params: { id } })
      for await (const { Type, Action, Actor } of events) {
        if (Type === 'container') actions.push(Action)
        expect(Actor.ID).toBeTruthy()
        if (Action === 'die') break
      }
      await started
      expect(actions).toEqual(['create', 'start', 'die'])
      await remove(id)
    })

    it('says what differs from the image, and reads statistics', async () => {
      const id = await create({ Cmd: ['sh', '-c', 'touch /new; rm /etc/group; sleep 60'] })
      await client.call(api.containerStart, { params: { id } })
      await expect
        .poll(() => client.call(api.containerChanges, { params: { id } }), { timeout: 5000 })
        .toEqual(
          expect.arrayContaining([
            { Path: '/new', Kind: 1 },
            { Path: '/etc/group', Kind: 2 },
          ]),
        )
      for await (const stats of client.stream(api.containerStats, { params: { id } })) {
        expect(stats).toMatchObject({
          id,
          memory_stats: { usage: expect.any(Number) },
          cpu_stats: { cpu_usage: { total_usage: expect.any(Number) } },
        })
        break
      }
      await remove(id)
    })

    it('knows that a container which does not run uses nothing', async () => {
      const id = await create({ Cmd: ['true'] })
      const samples: api.ContainerStats[] = []
      for await (const stats of client.stream(api.containerStats, { params: { id }, query: { stream: false } })) samples.push(stats)
      expect(samples).toMatchObject([{ read: '0001-01-01T00:00:00Z', cpu_stats: { cpu_usage: { total_usage: 0 } }, memory_stats: {} }])
      await remove(id)
    })

    it('is told that a log cannot be read', async () => {
      const id = await create({ Cmd: ['true'], HostConfig: { NetworkMode: 'none', LogConfig: { Type: 'none' } } })
      await client.call(api.containerStart, { params: { id } })
      const read = async (): Promise<void> => {
        for await (const _chunk of client.download(api.containerLogs, { params: { id }, query: { stdout: true } }));
      }
      await expect(read()).rejects.toThrow('configured logging driver does not support reading')
      await remove(id)
    })

    it('saves, removes and loads an image', async () => {
      const chunks: Uint8Array[] = []
      for await (const chunk of client.download(api.imageSave, { params: { name: 'busybox:latest' } })) chunks.push(chunk)
      await client.call(api.imageTag, { params: { name: 'busybox:latest' }, query: { repo: 'other/name', tag: 'v1' } })
      expect(await client.call(api.imageRemove, { params: { name: 'other/name:v1' } })).toEqual([{ Untagged: 'other/name:v1' }])
      const lines: string[] = []
      const body = (async function* () {
        yield* chunks
      })()
      for await (const { stream } of client.stream(api.imageLoad, { query: { quiet: true }, body })) if (stream) lines.push(stream)
      expect(lines).toEqual(['Loaded image: busybox:latest\n'])
      const [image] = await client.call(api.imageList, { query: { filters: { reference: ['busybox'] } } })
      expect(image?.RepoTags).toEqual(['busybox:latest'])
      expect((await client.call(api.imageInspect, { params: { name: 'busybox' } })).Id).toBe(image?.Id)
      expect(await client.call(api.imageHistory, { params: { name: 'busybox' } })).toHaveLength(1)
    })

    it.each([
      ['a container that there is not', () => client.call(api.containerStart, { params: { id: 'nope' } }), 404, 'No such container: nope'],
      ['an image that there is not', () => create({ Image: 'nope:1' } as object), 404, 'No such image: nope:1'],
      [
        'a name that cannot be',
        () => client.call(api.containerCreate, { query: { name: '-' }, body: { Image: 'busybox' } }),
        400,
        'Invalid container name (-)',
      ],
      ['too little memory', () => create({ HostConfig: { Memory: 1000 } }), 400, 'Minimum memory limit allowed is 6MB'],
      ['a filter that there is not', () => client.call(api.containerList, { query: { filters: { nonsense: ['x'] } } }), 400, 'nonsense'],
      ['a volume that there is not', () => client.call(api.volumeInspect, { params: { name: 'nope' } }), 404, 'nope'],
      ['a network that there is not', () => client.call(api.networkInspect, { params: { id: 'nope' } }), 404, 'nope'],
    ])('is refused %s', async (_what, call, status, message) => {
      await expect(call()).rejects.toMatchObject({ code: 'API_REFUSED', status, message: expect.stringContaining(message) })
    })

    it('reports a pull that fails', async () => {
      const pull = client.stream(api.imagePull, { query: { fromImage: '127.0.0.1:1/x', tag: 'y' } })
      const read = async (): Promise<void> => {
        for await (const _message of pull);
      }
      await expect(read()).rejects.toThrow(/127\.0\.0\.1:1/)
    })

    it('makes, lists and removes volumes', async () => {
      const made = await client.call(api.volumeCreate, { body: { Name: 'ct-volume', Labels: { a: 'b' } } })
      expect(made).toMatchObject({ Name: 'ct-volume', Driver: 'local', Labels: { a: 'b' }, Scope: 'local' })
      expect((await client.call(api.volumeList, { query: { filters: { label: ['a=b'] } } })).Volumes).toMatchObject([{ Name: 'ct-volume' }])
      await client.call(api.volumeRemove, { params: { name: 'ct-volume' } })
      await expect(client.call(api.volumeRemove, { params: { name: 'ct-volume' } })).rejects.toMatchObject({ status: 404 })
    })
  })
}

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  return text(bytes as AsyncIterable<Buffer>)
}
