#!/usr/bin/env node
import { runCli } from './cli.ts'

// The reader of our output may leave early (`ct logs x | head`): what is left to say is for nobody.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 141 : 1))
}

const exitCode = await runCli(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  self: [process.execPath, ...process.execArgv, process.argv[1] ?? ''],
  onSignal(signal, listener) {
    process.on(signal, listener)
    return () => {
      process.off(signal, listener)
    }
  },
})
process.exitCode = exitCode
