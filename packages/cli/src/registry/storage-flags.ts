import type { Flags } from '../parser/command.ts'

/** The flags that say where a registry keeps its images. */
export const STORAGE_FLAGS = {
  root: { type: 'string', placeholder: 'directory', summary: "Where images are kept (default 'registry' below the state directory)" },
  storage: { type: 'string', placeholder: 's3://bucket/prefix', summary: 'Keep images in a bucket, which others may share' },
  's3-endpoint': { type: 'string', placeholder: 'url', summary: 'Service of the bucket (default Amazon)' },
} as const satisfies Flags
