import type { Endpoint } from '../endpoint.ts'

/** What a container wrote; framed unless it has a terminal. */
export const containerLogs = {
  method: 'GET',
  path: '/containers/{id}/logs',
  summary: 'What a container wrote; framed unless it has a terminal.',
  query: {
    follow: 'flag',
    stdout: 'flag',
    stderr: 'flag',
    since: 'time',
    until: 'time',
    timestamps: 'flag',
    details: 'flag',
    tail: 'string',
  },
  answer: 'bytes',
} as const satisfies Endpoint
