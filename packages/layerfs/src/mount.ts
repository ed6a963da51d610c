/**
 * A file system to mount: what a snapshotter hands out and a runtime takes. `options` are those of mount(8).
 * A `bind` mount names a directory as its `source`; an `overlay` mount has `lowerdir=` (top first, colon-separated),
 * and, when it can be written to, `upperdir=` and `workdir=`.
 */
export interface Mount {
  readonly type: string
  readonly source: string
  readonly options: readonly string[]
}
