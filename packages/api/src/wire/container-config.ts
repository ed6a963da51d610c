/** How a container or image checks its own health; durations are nanoseconds. */
export interface HealthConfig {
  /** `[]` inherits, `['NONE']` disables, `['CMD', …]` runs arguments, `['CMD-SHELL', command]` runs a shell. */
  readonly Test?: readonly string[]
  readonly Interval?: number
  readonly Timeout?: number
  readonly StartPeriod?: number
  readonly StartInterval?: number
  readonly Retries?: number
}

/**
 * The portable part of a container's settings, the same in images.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.51/#tag/Container/operation/ContainerCreate
 */
export interface ContainerConfig {
  readonly Hostname?: string
  readonly Domainname?: string
  readonly User?: string
  readonly AttachStdin?: boolean
  readonly AttachStdout?: boolean
  readonly AttachStderr?: boolean
  /** Keys are `port/protocol`. */
  readonly ExposedPorts?: Record<string, object> | null
  readonly Tty?: boolean
  readonly OpenStdin?: boolean
  readonly StdinOnce?: boolean
  readonly Env?: readonly string[] | null
  readonly Cmd?: readonly string[] | string | null
  readonly Healthcheck?: HealthConfig | null
  readonly ArgsEscaped?: boolean
  readonly Image?: string
  readonly Volumes?: Record<string, object> | null
  readonly WorkingDir?: string
  readonly Entrypoint?: readonly string[] | string | null
  readonly NetworkDisabled?: boolean
  readonly MacAddress?: string
  readonly OnBuild?: readonly string[] | null
  readonly Labels?: Record<string, string> | null
  readonly StopSignal?: string
  /** Seconds before a stop becomes a kill. */
  readonly StopTimeout?: number | null
  readonly Shell?: readonly string[] | null
}
