import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasErrno } from '@ct/errors'
import type { Bundle, Runtime } from '../runtime/runtime.ts'
import type { Process } from '../spec/process.ts'
import type { State } from '../spec/state.ts'

/** Options of {@link CommandRuntime}. */
export interface CommandRuntimeOptions {
  /** The program and its global arguments, such as `['runc']`. */
  readonly command: readonly string[]
}

/** A {@link Runtime} that drives a program with runc's command line: runc, crun, youki, ct-runc. */
export class CommandRuntime implements Runtime, Disposable {
  readonly #command: readonly string[]
  readonly #directory = mkdtempSync(join(tmpdir(), 'ct-command-runtime-'))
  #count = 0

  constructor({ command }: CommandRuntimeOptions) {
    this.#command = command
  }

  async create(id: string, bundle: Bundle | string): Promise<{ readonly id: string; readonly pid: number }> {
    const pidFile = this.#temporary('pid')
    this.#run('create', '--bundle', typeof bundle === 'string' ? bundle : this.#write(bundle), '--pid-file', pidFile, id)
    return { id, pid: Number(readFileSync(pidFile, 'utf8')) }
  }

  async start(id: string): Promise<void> {
    this.#run('start', id)
  }

  async state(id: string): Promise<State> {
    return JSON.parse(this.#run('state', id)) as State
  }

  async kill(id: string, signal: number | string): Promise<void> {
    this.#run('kill', id, String(signal))
  }

  async delete(id: string, { force = false } = {}): Promise<void> {
    this.#run('delete', ...(force ? ['--force'] : []), id)
  }

  async exec(id: string, process: Process): Promise<{ readonly pid: number }> {
    const file = this.#temporary('process')
    const pidFile = this.#temporary('pid')
    writeFileSync(file, JSON.stringify(process))
    this.#run('exec', '--detach', '--process', file, '--pid-file', pidFile, id)
    return { pid: Number(readFileSync(pidFile, 'utf8')) }
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }

  /** The program's output; a container that lives on must not hold a pipe to it, so only short commands get one. */
  #run(verb: string, ...args: readonly string[]): string {
    const [program = '', ...before] = this.#command
    const log = this.#temporary('log')
    const answers = verb === 'state'
    const argv = [...before, '--root', join(this.#directory, 'state'), '--log', log, verb, ...args]
    const { status, stdout } = spawnSync(program, argv, { encoding: 'utf8', stdio: ['ignore', answers ? 'pipe' : 'ignore', 'ignore'] })
    if (status !== 0) throw new Error(`${program} ${verb} ended with ${status}: ${readLog(log)}`)
    return stdout ?? ''
  }

  #write({ spec, rootfs, mounts = [] }: Bundle): string {
    if (mounts.length > 0) throw new TypeError('a command takes no mounts for its root')
    const directory = this.#temporary('bundle')
    mkdirSync(directory)
    writeFileSync(join(directory, 'config.json'), JSON.stringify({ ...spec, root: { ...spec.root, path: rootfs } }))
    return directory
  }

  #temporary(name: string): string {
    this.#count += 1
    return join(this.#directory, `${name}-${this.#count}`)
  }
}

function readLog(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (!hasErrno(error, 'ENOENT')) throw error
    return 'it wrote no log'
  }
}
