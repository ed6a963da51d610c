import type { Endpoint } from '../endpoint.ts'

/** Attaches to the streams of a container. */
export const containerAttach = {
  method: 'POST',
  path: '/containers/{id}/attach',
  summary: 'Attaches to the streams of a container.',
  query: { detachKeys: 'string', logs: 'flag', stream: 'flag', stdin: 'flag', stdout: 'flag', stderr: 'flag' },
  answer: 'hijack',
} as const satisfies Endpoint
