import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasErrno } from '@ct/errors'
import { RuntimeError } from '../errors.ts'
import type { Hook, HookName, Hooks } from '../spec/hooks.ts'
import type { State } from '../spec/state.ts'

/** Told of what fails where things go on regardless. */
export type OnWarning = (warning: RuntimeError) => void

/** How long the last words of a hook may come after its end: a process that it left behind may hold its pipe. */
const LAST_WORDS_MS = 100
const MAXIMUM_WORDS = 4096

interface HookContext {
  readonly state: State
  /** Kills the hook that is running. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs the hooks of one name in order, up to the first that fails.
 * @throws RuntimeError RUNTIME_HOOK_FAILED.
 */
export async function runHooks(hooks: Hooks | undefined, name: HookName, context: HookContext): Promise<void> {
  for (const [index, hook] of (hooks?.[name] ?? []).entries()) await runHook(hook, `hooks.${name}[${index}]`, context)
}

/** Runs all hooks of one name; those that fail are only told of. */
export async function runLateHooks(
  hooks: Hooks | undefined,
  name: HookName,
  { state, onWarning }: { readonly state: State; readonly onWarning: OnWarning | undefined },
): Promise<void> {
  for (const [index, hook] of (hooks?.[name] ?? []).entries()) {
    try {
      await runHook(hook, `hooks.${name}[${index}]`, { state })
    } catch (error) {
      if (!(error instanceof RuntimeError)) throw error
      onWarning?.(error)
    }
  }
}

async function runHook(hook: Hook, name: string, { state, signal }: HookContext): Promise<void> {
  signal?.throwIfAborted()
  const [argv0, ...args] = hook.args?.length ? hook.args : [hook.path]
  // A session of its own, so that all that it started ends with it when it takes too long.
  const child = spawn(hook.path, args, { argv0, cwd: '/', detached: true, env: environment(hook.env), stdio: ['pipe', 'ignore', 'pipe'] })
  child.stdin.on('error', () => child.stdin.destroy()) // it need not read its state
  child.stdin.end(JSON.stringify(state))
  const reason = await endOf(child, { timeoutMs: (hook.timeout ?? 0) * 1000, signal })
  signal?.throwIfAborted()
  if (reason !== undefined) throw new RuntimeError('RUNTIME_HOOK_FAILED', `${name}: ${hook.path}: ${reason}`, { kind: 'invalid' })
}

/** Why a hook failed, with its last words; undefined when it did not. */
async function endOf(
  child: ChildProcess,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
): Promise<string | undefined> {
  let words = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString('utf8')).slice(-MAXIMUM_WORDS)
  })
  let isLate = false
  const expire = () => {
    isLate = true
    killSession(child)
  }
  const abort = () => killSession(child)
  const timer = timeoutMs === 0 ? undefined : setTimeout(expire, timeoutMs)
  signal?.addEventListener('abort', abort)
  try {
    const [exitCode, killer] = await once(child, 'exit')
    if (child.stderr?.closed === false) await Promise.race([once(child.stderr, 'close'), sleep(LAST_WORDS_MS)])
    if (isLate) return `took longer than ${timeoutMs / 1000} s`
    if (exitCode === 0) return undefined
    return [killer ? `killed by ${killer}` : `exit status ${exitCode}`, words.trim()].filter(Boolean).join(': ')
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
    child.stderr?.destroy()
  }
}

function killSession({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if (!hasErrno(error, 'ESRCH')) throw error
  }
}

function environment(entries: Hook['env'] | null): Record<string, string> {
  return Object.fromEntries((entries ?? []).map((entry) => entry.split(/=(.*)/s)).map(([name = '', value = '']) => [name, value]))
}
