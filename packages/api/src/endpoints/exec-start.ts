import type { Endpoint, JsonBody } from '../endpoint.ts'
import type { ExecStartBody } from '../wire/exec.ts'

/** Runs a prepared program and attaches to its streams. */
export const execStart = {
  method: 'POST',
  path: '/exec/{id}/start',
  summary: 'Runs a prepared program and attaches to its streams.',
  body: 'json' as JsonBody<ExecStartBody>,
  answer: 'hijack',
} as const satisfies Endpoint
