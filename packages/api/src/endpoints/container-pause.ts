import type { Endpoint } from '../endpoint.ts'

/** Freezes the processes of a container. */
export const containerPause = {
  method: 'POST',
  path: '/containers/{id}/pause',
  summary: 'Freezes the processes of a container.',
  answer: 'none',
} as const satisfies Endpoint
