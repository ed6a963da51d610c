import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'

/** A server process started for a test; disposing ends it and waits. */
export class Service implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly logPath: string

  constructor(command: readonly string[], options: { readonly logPath: string; readonly env?: Readonly<Record<string, string>> }) {
    const { logPath, env = {} } = options
    const [file = '', ...args] = command
    this.logPath = logPath
    this.#child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    const log = createWriteStream(logPath, { flags: 'a' })
    this.#child.stdout?.pipe(log, { end: false })
    this.#child.stderr?.pipe(log, { end: false })
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** What it has written so far. */
  async log(): Promise<string> {
    return readFile(this.logPath, 'utf8')
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    if (this.ended) return
    const closed = once(this.#child, 'exit')
    this.#child.kill(signal)
    await closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 15_000)
    await this.kill('SIGTERM')
    clearTimeout(timer)
  }
}
