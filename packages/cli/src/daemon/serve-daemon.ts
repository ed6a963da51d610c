import { resolve } from 'node:path'
import type { ApiServer } from '@ct/api'
import type { Engine } from '@ct/engine'
import { hasErrno, isCtError } from '@ct/errors'
import type { Context } from '../context.ts'
import { CliError } from '../errors.ts'
import { LOCKED, READY } from './start-daemon.ts'

/** Where a daemon keeps things and listens. */
export interface DaemonOptions {
  readonly root: string
  readonly runtimeDirectory: string
  readonly listen: readonly string[]
  /** Ends when no container has run and no request has come for so long; absent: never. */
  readonly idleMs?: number | undefined
}

/**
 * Runs an engine and serves its API until SIGTERM, SIGINT or idleness; gives the exit status. Containers run on. Everything of the
 * engine is loaded here and nowhere else in the command.
 */
export async function serveDaemon(
  { stdout, stderr, onSignal }: Context,
  { root, runtimeDirectory, listen, idleMs }: DaemonOptions,
): Promise<number> {
  const log = (line: string): void => {
    stderr.write(`${new Date().toISOString()} ${line}\n`)
  }
  const ended = new AbortController()
  const stops = (['SIGTERM', 'SIGINT'] as const).map((signal) => onSignal(signal, () => ended.abort()))
  try {
    await keepHeapSmall()
    const [{ createEngine }, { serve }] = await Promise.all([import('@ct/engine'), import('@ct/api')])
    await using engine = await createEngine({ root: resolve(root), runtimeDirectory: resolve(runtimeDirectory), onLog: log })
    await using server = await serve(engine, { listen, onLog: log })
    stdout.write(`${READY}${server.addresses.join(', ')}\n`)
    if (idleMs !== undefined) endWhenIdle({ engine, server, idleMs, ended })
    await aborted(ended.signal)
    return 0
  } catch (error) {
    // Another daemon has the root or the socket: whoever started this one may go on with that one.
    if (idleMs !== undefined && isCtError(error) && ['ENGINE_LOCKED', 'API_ADDRESS_IN_USE'].includes(error.code)) return LOCKED
    if (!hasErrno(error, 'EACCES', 'EEXIST', 'ENOENT', 'ENOSPC', 'ENOTDIR', 'EPERM', 'EROFS')) throw error
    throw new CliError('CLI_NO_DAEMON', `the daemon cannot use its directories: ${error.message}`, {
      kind: 'unavailable',
      hint: `choose others with --root (now ${root}) and --runtime-dir (now ${runtimeDirectory})`,
      cause: error,
    })
  } finally {
    for (const stop of stops) stop()
  }
}

/** A daemon lives long and is idle most of the time: its young generation stays at 1 MiB, which saves some 10 MB after a pull. */
async function keepHeapSmall(): Promise<void> {
  const { setFlagsFromString } = await import('node:v8')
  for (const flag of ['--max-semi-space-size=1', '--semi-space-growth-factor=1']) setFlagsFromString(flag)
}

interface IdleWatch {
  readonly engine: Engine
  readonly server: ApiServer
  readonly idleMs: number
  readonly ended: AbortController
}

function endWhenIdle({ engine, server, idleMs, ended }: IdleWatch): void {
  const timer = setInterval(
    () => {
      const { openRequests, lastRequestAtMs } = server.activity()
      if (openRequests === 0 && Date.now() - lastRequestAtMs >= idleMs && engine.containers.list().length === 0) ended.abort()
    },
    Math.min(1000, Math.max(50, idleMs / 4)),
  )
  ended.signal.addEventListener('abort', () => clearInterval(timer), { once: true })
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
