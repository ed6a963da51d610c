/** The reader of our output may leave early (`ct logs x | head`): what is left to say is for nobody. */
function watched(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  if (stream.listenerCount('error') === 0) stream.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? 141 : 1))
  return stream
}

async function main(): Promise<void> {
  const { runCli } = await import('./cli.ts')
  process.exitCode = await runCli(process.argv.slice(2), {
    // Getters, for a stream that nobody uses is never opened.
    get stdin() {
      return process.stdin
    },
    get stdout() {
      return watched(process.stdout)
    },
    get stderr() {
      return watched(process.stderr)
    },
    env: process.env,
    self: [process.execPath, ...process.execArgv, process.argv[1] ?? ''],
    onSignal(signal, listener) {
      process.on(signal, listener)
      return () => {
        process.off(signal, listener)
      }
    },
  })
}

void main()
