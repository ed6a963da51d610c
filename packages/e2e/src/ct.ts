import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type CommandOptions, type CommandResult, eventually, output, run } from './command.ts'
import { Service } from './service.ts'

const program = fileURLToPath(new URL('../../cli/dist/ct.cjs', import.meta.url))

/** The command line of the built `ct`, for commands that need no daemon. */
export const CT: readonly string[] = [process.execPath, program]

/** The built `ct` against a daemon of its own: its directories and its socket are below one scratch directory. */
export class Ct implements AsyncDisposable {
  readonly directory: string
  readonly host: string
  #daemon: Service

  private constructor(directory: string, daemon: Service) {
    this.directory = directory
    this.host = `unix://${directory}/run/ct.sock`
    this.#daemon = daemon
  }

  static async start(directory: string): Promise<Ct> {
    const ct = new Ct(directory, spawnDaemon(directory))
    await ct.#ready()
    return ct
  }

  get daemon(): Service {
    return this.#daemon
  }

  /** Starts the daemon again after it was stopped or killed. */
  async restartDaemon(): Promise<void> {
    this.#daemon = spawnDaemon(this.directory)
    await this.#ready()
  }

  /** The command line of `ct` with its host, for programs that run it (hyperfine, script). */
  command(...args: readonly string[]): readonly string[] {
    return [process.execPath, program, '-H', this.host, ...args]
  }

  /** Runs `ct …` to its end. */
  run(args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
    return run(this.command(...args), options)
  }

  /** Runs `ct …`, which must succeed, and gives its stdout. */
  output(args: readonly string[], options: CommandOptions = {}): Promise<string> {
    return output(this.command(...args), options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#daemon.ended) await this.restartDaemon()
    const ids = (await this.output(['ps', '-aq'])).split('\n').filter((id) => id !== '')
    if (ids.length > 0) await this.output(['rm', '-f', '-v', ...ids])
    await this.#daemon[Symbol.asyncDispose]()
  }

  async #ready(): Promise<void> {
    await eventually(async () => {
      if (this.#daemon.ended) throw new Error(`the daemon ended:\n${await this.#daemon.log()}`)
      await this.output(['version'])
    })
  }
}

function spawnDaemon(directory: string): Service {
  const command = [process.execPath, program, 'daemon', '--root', `${directory}/root`, '--runtime-dir', `${directory}/run`]
  return new Service([...command, '-H', `unix://${directory}/run/ct.sock`], { logPath: join(directory, 'ct-daemon.log') })
}
