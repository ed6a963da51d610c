import type { Endpoint, JsonAnswer, JsonBody } from '../endpoint.ts'
import type { ExecCreateBody } from '../wire/exec.ts'

/** Prepares a program to run in a running container. */
export const execCreate = {
  method: 'POST',
  path: '/containers/{id}/exec',
  summary: 'Prepares a program to run in a running container.',
  body: 'json' as JsonBody<ExecCreateBody>,
  answer: 'json' as JsonAnswer<{ readonly Id: string }>,
} as const satisfies Endpoint
