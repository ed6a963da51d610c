/**
 * The container's root file system.
 * @see https://github.com/opencontainers/runtime-spec/blob/main/config.md#root
 */
export interface Root {
  /** Absolute, or relative to the bundle. */
  readonly path: string
  readonly readonly?: boolean | undefined
}
