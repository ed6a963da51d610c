/** A program to run in a running container. */
export interface ExecSpec {
  readonly args: readonly string[]
  /** Beside the container's. */
  readonly env?: readonly string[] | undefined
  /** @default the container's */
  readonly workingDirectory?: string | undefined
  /** @default the container's */
  readonly user?: string | undefined
  readonly tty?: boolean | undefined
  readonly attachStdin?: boolean | undefined
  readonly attachStdout?: boolean | undefined
  readonly attachStderr?: boolean | undefined
  readonly privileged?: boolean | undefined
  /** Remembered for clients; who streams looks for them. */
  readonly detachKeys?: string | undefined
}

/** A program that was asked for in a container, from `createExec` until its container is removed or the engine closes. */
export interface ExecRecord {
  /** 64 hexadecimal digits. */
  readonly id: string
  readonly containerId: string
  readonly spec: ExecSpec
  readonly running: boolean
  /** `null` before it ended. */
  readonly exitCode: number | null
  /** Pid on the host; 0 before it started. */
  readonly pid: number
}

/** Options of `startExec`. */
export interface StartExecOptions {
  /** Do not attach. @default false */
  readonly detach?: boolean | undefined
  /** Size of its terminal. @default 24 */
  readonly rows?: number | undefined
  /** @default 80 */
  readonly columns?: number | undefined
}
