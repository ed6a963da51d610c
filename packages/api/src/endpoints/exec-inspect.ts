import type { Endpoint, JsonAnswer } from '../endpoint.ts'
import type { Handler } from '../server/handler.ts'
import { execInspectOf } from '../translate/exec.ts'
import type { ExecInspect } from '../wire/exec.ts'

/** Everything about one exec, its exit code too. */
export const execInspect = {
  method: 'GET',
  path: '/exec/{id}/json',
  summary: 'Everything about one exec, its exit code too.',
  answer: 'json' as JsonAnswer<ExecInspect>,
} as const satisfies Endpoint

export const execInspectHandler: Handler<typeof execInspect> = ({ engine, params }) => execInspectOf(engine.containers.getExec(params.id))
