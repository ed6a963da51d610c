import { PassThrough } from 'node:stream'
import { expect } from 'vitest'
import { runCli } from '../../src/cli.ts'
import { Recorder } from '../recorder.ts'

/** `ct registry serve` with flags, in this process, until it is disposed of. */
export async function serveIn(flags: readonly string[], env: Record<string, string> = {}) {
  const [stdout, stderr] = [new Recorder(), new Recorder()]
  const stops: (() => void)[] = []
  const onSignal = (_signal: string, listener: () => void) => {
    stops.push(listener)
    return () => undefined
  }
  const argv = ['registry', 'serve', '--listen', '127.0.0.1:0', ...flags]
  const exit = runCli(argv, { stdin: new PassThrough(), stdout, stderr, env, onSignal })
  await Promise.race([exit, expect.poll(() => stdout.text, { timeout: 20_000 }).toContain('ready on')])
  const url = /ready on (\S+)/.exec(stdout.text)?.[1] ?? `no server: ${stderr.text}`
  return {
    url,
    stderr,
    async [Symbol.asyncDispose]() {
      for (const stop of stops) stop()
      expect(await exit).toBe(0)
    },
  }
}
