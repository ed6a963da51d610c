import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { launchExec, type Operation, type Supervisor } from '@ct/native'
import { type Cgroup, joinFiles } from '../cgroups/cgroup.ts'
import { RuntimeError } from '../errors.ts'
import type { Hook } from '../spec/hooks.ts'
import type { State } from '../spec/state.ts'
import { execProcess } from './exec-process.ts'
import type { ContainerRecord } from './record.ts'
import { SIGKILL } from './signals.ts'

/** What the hooks that run in the container's namespaces are run with. */
export interface InnerHookContext {
  readonly record: ContainerRecord
  readonly cgroup: Cgroup
  readonly directory: string
  readonly state: State
}

/**
 * Runs the `createContainer` hooks: in the container's namespaces before its root is entered, so paths are the host's.
 * They are the administrator's programs, and have all privileges inside.
 * @throws RuntimeError RUNTIME_HOOK_FAILED.
 */
export async function runCreateContainerHooks(context: InnerHookContext): Promise<void> {
  const { record, cgroup, directory } = context
  for (const [index, hook] of (record.hooks?.createContainer ?? []).entries()) {
    const exec: Operation = { op: 'exec', files: [hook.path], args: argsOf(hook), env: hook.env ?? [] }
    const socketPath = `${directory}/hook-${randomBytes(4).toString('hex')}`
    await runHook(hook, `hooks.createContainer[${index}]`, context.state, () =>
      launchExec({
        supervisor: { socketPath, exitPath: `${socketPath}.exit`, stdio: 'pipes', stdinOnce: true },
        pid: record.pid,
        pidStartTime: BigInt(record.pidStartTime),
        namespaces: record.namespaces,
        cgroupProcs: joinFiles(cgroup, record.pid),
        operations: [{ op: 'umask', mask: 0o022 }, { op: 'hold' }, exec],
      }),
    )
    rmSync(`${socketPath}.exit`, { force: true })
  }
}

/**
 * Runs the `startContainer` hooks: inside the container's root and with no more privileges than its process, for they
 * come with the image.
 * @throws RuntimeError RUNTIME_HOOK_FAILED.
 */
export async function runStartContainerHooks(context: InnerHookContext): Promise<void> {
  const { record } = context
  for (const [index, hook] of (record.hooks?.startContainer ?? []).entries()) {
    const process = { ...record.process, terminal: false, args: [hook.path, ...argsOf(hook).slice(1)], env: hook.env ?? [], cwd: '/' }
    await runHook(hook, `hooks.startContainer[${index}]`, context.state, () => execProcess(process, { stdin: true, hold: true }, context))
  }
}

async function runHook(hook: Hook, name: string, state: State, launch: () => Promise<Supervisor>): Promise<void> {
  const failed = (reason: string, cause?: unknown) =>
    new RuntimeError('RUNTIME_HOOK_FAILED', `${name}: ${hook.path}: ${reason}`, { kind: 'invalid', cause })
  let isLate = false
  try {
    const supervisor = await launch()
    const timer = hook.timeout === undefined ? undefined : setTimeout(() => expire(supervisor), hook.timeout * 1000)
    const expire = (late: Supervisor) => {
      isLate = true
      late.kill(SIGKILL).catch(() => undefined) // it has ended by itself meanwhile
    }
    try {
      const stdio = await supervisor.attach({ stdin: true })
      stdio.on('error', () => stdio.destroy()) // it need not read its state
      stdio.end(JSON.stringify(state))
      await supervisor.start()
      const { exitCode } = await supervisor.wait()
      if (isLate) throw failed(`took longer than ${hook.timeout} s`)
      if (exitCode !== 0) throw failed(`exit status ${exitCode}`)
    } finally {
      clearTimeout(timer)
    }
  } catch (error) {
    if (error instanceof RuntimeError && error.code === 'RUNTIME_HOOK_FAILED') throw error
    throw failed(error instanceof Error ? error.message : String(error), error)
  }
}

function argsOf({ path, args }: Hook): readonly string[] {
  return args?.length ? args : [path]
}
