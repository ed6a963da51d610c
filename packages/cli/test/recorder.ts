import { PassThrough } from 'node:stream'
import { type CliOptions, runCli } from '../src/cli.ts'
import type { Output } from '../src/context.ts'

/** An output that keeps what is written to it. */
export class Recorder implements Output {
  text = ''
  readonly isTTY: boolean
  readonly columns: number
  readonly rows: number

  constructor({
    isTTY = false,
    columns = 80,
    rows = 24,
  }: { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number } = {}) {
    this.isTTY = isTTY
    this.columns = columns
    this.rows = rows
  }

  write(chunk: string | Uint8Array): boolean {
    this.text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8')
    return true
  }

  once(): this {
    return this
  }
}

/** What a command line did. */
export interface Outcome {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs one `ct` command line in this process, with streams in memory. */
export async function ct(
  argv: readonly string[],
  { input, ...options }: Partial<CliOptions> & { readonly input?: string | Uint8Array } = {},
): Promise<Outcome> {
  const [stdout, stderr] = [new Recorder(), new Recorder()]
  const stdin = new PassThrough()
  stdin.end(input)
  const exitCode = await runCli(argv, { stdin, stdout, stderr, env: {}, onSignal: () => () => undefined, ...options })
  return { exitCode, stdout: stdout.text, stderr: stderr.text }
}
