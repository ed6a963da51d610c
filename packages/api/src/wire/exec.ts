/** What `POST /containers/{id}/exec` asks for. */
export interface ExecCreateBody {
  readonly AttachStdin?: boolean
  readonly AttachStdout?: boolean
  readonly AttachStderr?: boolean
  readonly DetachKeys?: string
  readonly Tty?: boolean
  readonly Env?: readonly string[] | null
  readonly Cmd?: readonly string[] | null
  readonly Privileged?: boolean
  readonly User?: string
  readonly WorkingDir?: string
  /** Rows and columns. */
  readonly ConsoleSize?: readonly number[] | null
}

/** The body of `POST /exec/{id}/start`. */
export interface ExecStartBody {
  readonly Detach?: boolean
  readonly Tty?: boolean
  /** Rows and columns. */
  readonly ConsoleSize?: readonly number[] | null
}

/** An exec on inspection; `ExitCode` is `null` until the process has ended. */
export interface ExecInspect {
  readonly ID: string
  readonly Running: boolean
  readonly ExitCode: number | null
  readonly ProcessConfig: { tty: boolean; entrypoint: string; arguments: readonly string[]; privileged: boolean; user?: string }
  readonly OpenStdin: boolean
  readonly OpenStderr: boolean
  readonly OpenStdout: boolean
  readonly CanRemove: boolean
  readonly ContainerID: string
  readonly DetachKeys: string
  readonly Pid: number
}
