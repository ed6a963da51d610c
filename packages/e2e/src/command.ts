import { spawn } from 'node:child_process'

/** How a command ended and what it wrote. */
export interface CommandResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Options of {@link run}. */
export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly input?: string
  /** Give up, and kill it, after this many milliseconds. Default: 120,000. */
  readonly timeoutMs?: number
}

/** Runs a command to its end; never throws for an exit status. */
export async function run(command: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const { env = {}, cwd, input, timeoutMs = 120_000 } = options
  const [file = '', ...args] = command
  const child = spawn(file, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  const output = { stdout: '', stderr: '' }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text
  })
  child.stdin?.end(input)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ exitCode: code ?? (signal === 'SIGKILL' ? 137 : 128), ...output })
    })
  })
}

/** Runs a command that must succeed, and gives what it wrote to stdout. */
export async function output(command: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { exitCode, stdout, stderr } = await run(command, options)
  if (exitCode !== 0) throw new Error(`${command.join(' ')} exited with ${exitCode}:\n${stderr}\n${stdout}`)
  return stdout
}

/** Tries until a promise settles well, for at most `timeoutMs`; for servers that take a moment to answer. */
export async function eventually<T>(attempt: () => Promise<T>, timeoutMs = 20_000): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (Date.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}
