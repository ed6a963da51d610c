import type { Endpoint } from '../endpoint.ts'

/** The root file system of a container as a tar archive. */
export const containerExport = {
  method: 'GET',
  path: '/containers/{id}/export',
  summary: 'The root file system of a container as a tar archive.',
  answer: 'bytes',
} as const satisfies Endpoint
