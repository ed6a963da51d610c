import type { Endpoint } from '../endpoint.ts'

/** Lets the processes of a container go on. */
export const containerUnpause = {
  method: 'POST',
  path: '/containers/{id}/unpause',
  summary: 'Lets the processes of a container go on.',
  answer: 'none',
} as const satisfies Endpoint
