import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { type ContainerSpec, createEngine, type Engine, type LogOptions } from '../src/index.ts'
import { busyboxArchive, collected, type ImageSettings } from './busybox-image.ts'

/** What a program that ran to its end has left. */
export interface Ran {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** An engine on directories of its own, with a busybox image; everything is removed in the end. */
export class TestEngine implements AsyncDisposable {
  readonly root: string
  readonly runtimeDirectory: string
  readonly log: string[] = []
  engine: Engine
  readonly #directory: string

  private constructor(directory: string, engine: Engine, log: string[]) {
    this.#directory = directory
    this.root = join(directory, 'root')
    this.runtimeDirectory = join(directory, 'run')
    this.engine = engine
    this.log = log
  }

  static async start(settings?: ImageSettings): Promise<TestEngine> {
    const directory = mkdtempSync(join(tmpdir(), 'ct-'))
    const log: string[] = []
    const engine = await createEngine({
      root: join(directory, 'root'),
      runtimeDirectory: join(directory, 'run'),
      onLog: (line) => log.push(line),
    })
    const test = new TestEngine(directory, engine, log)
    await engine.images.load(busyboxArchive('busybox:test', settings))
    return test
  }

  /** Closes the engine, lets something happen, and opens another one on the same directories. */
  async reopen(meanwhile: () => Promise<void> | void = () => undefined): Promise<void> {
    await this.engine.close()
    await meanwhile()
    this.engine = await createEngine({ root: this.root, runtimeDirectory: this.runtimeDirectory, onLog: (line) => this.log.push(line) })
  }

  /** Creates and starts a container without a network; its id. */
  async start(command: readonly string[], spec: Partial<ContainerSpec> = {}): Promise<string> {
    const { id } = await this.create(command, spec)
    await this.engine.containers.start(id)
    return id
  }

  async create(command: readonly string[], spec: Partial<ContainerSpec> = {}): Promise<{ readonly id: string }> {
    return this.engine.containers.create({ image: 'busybox:test', command, network: { mode: 'none' }, ...spec })
  }

  /** Runs a program in a container of its own and keeps the container. */
  async run(command: readonly string[], spec: Partial<ContainerSpec> = {}): Promise<Ran & { readonly id: string }> {
    const { id } = await this.create(command, spec)
    const stream = demultiplex(await this.engine.containers.attach(id))
    await this.engine.containers.start(id)
    const output = await stream
    const { exitCode } = await this.engine.containers.wait(id)
    return { id, exitCode, ...output }
  }

  async exec(id: string, args: readonly string[], spec: { readonly user?: string; readonly input?: string } = {}): Promise<Ran> {
    const { containers } = this.engine
    const exec = await containers.createExec(id, {
      args,
      user: spec.user,
      attachStdin: spec.input !== undefined,
      attachStdout: true,
      attachStderr: true,
    })
    const stream = await containers.startExec(exec.id)
    if (stream === undefined) throw new Error('no stream')
    stream.end(spec.input)
    const output = await demultiplex(stream)
    return { exitCode: containers.getExec(exec.id).exitCode ?? -1, ...output }
  }

  async logs(id: string, options?: LogOptions): Promise<string> {
    const lines = await collected(this.engine.containers.logs(id, options))
    return Buffer.concat(lines.map(({ line }) => line)).toString()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { id } of this.engine.containers.list({ all: true })) await this.engine.containers.remove(id, { force: true, volumes: true })
    await this.engine.close()
    rmSync(this.#directory, { recursive: true, force: true })
  }
}

/** Reads frames until the end, by stream. */
export async function demultiplex(stream: Duplex): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const bytes = Buffer.concat(await collected(stream as AsyncIterable<Buffer>))
  const parts: Record<number, Buffer[]> = { 1: [], 2: [] }
  for (let at = 0; at < bytes.length; ) {
    const size = bytes.readUInt32BE(at + 4)
    parts[bytes.readUInt8(at)]?.push(bytes.subarray(at + 8, at + 8 + size))
    at += 8 + size
  }
  return { stdout: Buffer.concat(parts[1] ?? []).toString(), stderr: Buffer.concat(parts[2] ?? []).toString() }
}

/** Waits until a condition holds, for at most ten seconds. */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('it did not happen in ten seconds')
    await sleep(10)
  }
}

/** What the kernel has of ours: mounts, cgroups and processes whose names have one of these texts in them. */
export function leftovers(ids: readonly string[]): string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  const cgroups = readdirSync('/sys/fs/cgroup').flatMap((controller) => children(join('/sys/fs/cgroup', controller, 'ct')))
  return [...mounts, ...cgroups].filter((text) => ids.some((id) => text.includes(id)))
}

function children(directory: string): string[] {
  try {
    return readdirSync(directory).map((name) => join(directory, name))
  } catch {
    return []
  }
}
