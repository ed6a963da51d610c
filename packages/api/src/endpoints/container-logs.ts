import { compareVersions } from '../api-version.ts'
import type { Endpoint } from '../endpoint.ts'
import { badRequest } from '../errors.ts'
import type { Handler } from '../server/handler.ts'
import { primed } from '../server/primed.ts'
import { logFrames } from '../translate/log-frames.ts'
import { nanoseconds } from '../translate/time.ts'

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

export const containerLogsHandler: Handler<typeof containerLogs> = async ({ engine, params, query, version, signal }) => {
  const { stdout = false, stderr = false, follow, tail = 'all' } = query
  if (!stdout && !stderr) {
    throw badRequest('Bad parameters: you must choose at least one stream')
  }
  const { id, spec } = engine.containers.get(params.id)
  const lines = engine.containers.logs(id, {
    stdout,
    stderr,
    follow,
    signal,
    tail: /^\d+$/.test(tail) ? Number(tail) : undefined,
    sinceNs: nanoseconds(query.since),
    untilNs: nanoseconds(query.until),
  })
  // A log that cannot be read is refused at the first step, which is too late for a status once the headers are sent.
  const readable = spec.log.driver === 'none' ? await primed(lines) : lines
  const framed = !spec.tty && compareVersions(version, '1.42') >= 0
  return {
    contentType: `application/vnd.docker.${framed ? 'multiplexed' : 'raw'}-stream`,
    body: logFrames(readable, { tty: spec.tty, timestamps: query.timestamps ?? false, details: query.details === true ? '' : undefined }),
  }
}
