import type { ExecRecord } from '@ct/engine'
import type { ExecInspect } from '../wire/exec.ts'

/** An exec as its inspection shows it. */
export function execInspectOf({ id, containerId, spec, running, exitCode, pid }: ExecRecord): ExecInspect {
  const [entrypoint = '', ...args] = spec.args
  return {
    ID: id,
    Running: running,
    ExitCode: exitCode,
    ProcessConfig: {
      tty: spec.tty ?? false,
      entrypoint,
      arguments: args,
      privileged: spec.privileged ?? false,
      ...(spec.user && { user: spec.user }),
    },
    OpenStdin: spec.attachStdin ?? false,
    OpenStderr: spec.attachStderr ?? false,
    OpenStdout: spec.attachStdout ?? false,
    CanRemove: !running && exitCode !== null,
    ContainerID: containerId,
    DetachKeys: spec.detachKeys ?? '',
    Pid: pid,
  }
}
