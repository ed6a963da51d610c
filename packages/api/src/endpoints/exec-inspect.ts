import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { ExecInspect } from '../wire/exec.ts'

/** Everything about one exec, its exit code too. */
export const execInspect = {
  method: 'GET',
  path: '/exec/{id}/json',
  summary: 'Everything about one exec, its exit code too.',
  answer: 'json' as JsonAnswer<ExecInspect>,
} as const satisfies Endpoint
