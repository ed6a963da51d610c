/** Where a container is in its life. */
export type ContainerStatus = 'creating' | 'created' | 'running' | 'paused' | 'stopped'

/**
 * What `state` answers.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/runtime.md#state
 */
export interface State {
  readonly ociVersion: string
  readonly id: string
  readonly status: ContainerStatus
  /** Process id on the host; 0 once stopped. */
  readonly pid: number
  /** Absolute path of the bundle; the root file system's when the bundle was given as a value. */
  readonly bundle: string
  readonly annotations: Readonly<Record<string, string>>
}
