import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { DiskUsage } from '../wire/system.ts'

/** What lies on the disk. */
export const systemDiskUsage = {
  method: 'GET',
  path: '/system/df',
  summary: 'What lies on the disk.',
  query: { type: 'strings' },
  answer: 'json' as JsonAnswer<DiskUsage>,
} as const satisfies Endpoint
